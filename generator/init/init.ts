import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { GatewayError } from '../../core/errors.ts';
import { projectFiles } from './project-files.ts';

/** What the package says of itself, for the new project's manifest. */
export interface PackageFacts {
  /** What npm installs: a version range, or the file of a package. */
  readonly spec: string;
  /** Mesh and what else only `generate` needs, with the versions that go together. */
  readonly tools: Readonly<Record<string, string>>;
  /** Packages of which there must be one copy, with its version. */
  readonly overrides: Readonly<Record<string, string>>;
}

export interface InitOptions {
  /** The new project's folder; made when it is missing. */
  readonly dir: string;
  /** URL or file of NoETL's OpenAPI document. A file's path is relative to the folder of the caller. */
  readonly openapi: string;
  /** The project's name; the folder's by default. */
  readonly name?: string;
  readonly package: PackageFacts;
  /** Fetches the document into the project. */
  readonly pull: (source: string, projectDir: string) => Promise<unknown>;
}

export interface InitResult {
  readonly dir: string;
  /** Files that were written, beside those of `pull`. */
  readonly files: readonly string[];
  /** What to type next, in order. */
  readonly nextSteps: readonly string[];
}

/** Files that say nothing of a project yet. */
const harmless = new Set(['.git', '.gitattributes', '.gitignore', '.DS_Store', 'LICENSE', 'README.md']);

/**
 * Begins a gateway project: its manifest, config, Mesh's config and NoETL's document. Nothing of a folder's own files is
 * overwritten, and nothing but the document is written before it could be pulled.
 * @throws ERR_CONFIG_INVALID when the folder holds a project; what `pull` throws
 */
export async function init(options: InitOptions): Promise<InitResult> {
  const dir = resolve(options.dir);
  await mkdir(dir, { recursive: true });
  const present = await readdir(dir);
  const inTheWay = present.filter((file) => !harmless.has(file));
  if (inTheWay.length > 0) {
    throw new GatewayError('ERR_CONFIG_INVALID', 'the folder is not empty', {
      problems: [
        `in the way: ${inTheWay.slice(0, 5).join(', ')}`,
        'name a new folder: noetl-gateway init --dir <folder>',
      ],
    });
  }
  await options.pull(sourceFrom(options.openapi), dir);
  const files = projectFiles({ name: projectName(options.name ?? basename(dir)), package: options.package });
  const written = files.filter(({ path }) => !present.includes(path));
  for (const { path, content } of written) await writeFile(join(dir, path), content, { flag: 'wx' });
  return {
    dir,
    files: written.map(({ path }) => path),
    nextSteps: [`cd ${dir}`, 'npm install', 'npm run generate', 'npm run dev'],
  };
}

/** `pull` takes paths from the project's folder, people from where they stand. */
function sourceFrom(source: string): string {
  return /^(?:https?|file):\/\//i.test(source) ? source : resolve(source);
}

/** A name that npm accepts. */
function projectName(text: string): string {
  const name = text
    .toLowerCase()
    .replaceAll(/[^a-z0-9._-]+/g, '-')
    .replaceAll(/^[-._]+|[-._]+$/g, '');
  return name === '' ? 'gateway' : name.slice(0, 200);
}
