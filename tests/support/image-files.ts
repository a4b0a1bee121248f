import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface ImageFiles {
  /** The image's working folder, laid out in an empty folder of this machine. */
  readonly folder: string;
  /** The production packages that are linked into it. */
  readonly packages: readonly string[];
  /** The image's `CMD`. */
  readonly command: readonly string[];
}

/**
 * Does what the Dockerfile does, without Docker: compiles, copies what its last stage copies, and gives it the production
 * packages and no others (links into this checkout, by the package manager's own list).
 */
export async function layOutImage(): Promise<ImageFiles> {
  const folder = await mkdtemp(join(tmpdir(), 'image-'));
  const lines = (await readFile('Dockerfile', 'utf8')).split('\n');
  const last = lines.slice(lines.findLastIndex((line) => line.startsWith('FROM ')));
  await run('node_modules/.bin/tsc', ['-p', 'tsconfig.build.json', '--outDir', join(folder, 'dist')]);
  for (const words of last.filter((line) => /^COPY (?!--from)/.test(line)).map((line) => line.split(' ').slice(1))) {
    const target = words.pop() ?? '.';
    for (const source of words) {
      const place = target.endsWith('/') ? join(folder, target, source.split('/').pop() ?? '') : join(folder, target);
      await cp(source, place, { recursive: true });
    }
  }
  const packages = await productionPackages();
  for (const name of packages) {
    const place = join(folder, 'node_modules', name);
    await mkdir(dirname(place), { recursive: true });
    await symlink(resolve('node_modules', name), place);
  }
  const command = JSON.parse(last.find((line) => line.startsWith('CMD '))?.slice(4) ?? '[]') as string[];
  return { folder, packages, command };
}

/** Top-level packages of a production install; what lies inside them comes along. */
async function productionPackages(): Promise<readonly string[]> {
  const list = ['ls', '--omit=dev', '--omit=optional', '--all', '--parseable'];
  const { stdout } = await run('npm', list, { maxBuffer: 2 ** 24 });
  const root = resolve('node_modules');
  const names = stdout
    .split('\n')
    .map((path) => relative(root, path))
    .filter((path) => path !== '' && !path.startsWith('..') && !path.includes('node_modules'));
  return [...new Set(names)].sort();
}
