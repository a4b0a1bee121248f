import { access } from 'node:fs/promises';
import { registerHooks } from 'node:module';
import { dirname, join, relative, resolve, sep } from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { withDerivedRows } from '../gateway/config/actions.ts';
import { type RenamedField, readRenamed, renamedFields } from '../gateway/config/former-names.ts';
import type { GatewayConfig } from '../gateway/config/gateway-config.ts';
import { GatewayError } from '../plugins/errors.ts';
import { manifestPath } from './package.ts';

/** The file that a platform team edits, in the project's folder. It may import other files of the project. */
export const configFile = 'gateway.config.ts';

export interface LoadOptions {
  /**
   * Reads the config and every file that it imports again, although they were imported before, and gets the path of
   * each, also of one that then does not load.
   */
  readonly onFile?: (file: string) => void;
  readonly renames?: readonly RenamedField[];
}

/**
 * Imports a project's `gateway.config.ts`. Names of the minor version before still count; each is warned about on
 * stderr.
 * @throws ERR_CONFIG_INVALID with what to do when it is missing, does not load, or exports something else
 */
export async function loadConfig(projectDir: string, options: LoadOptions = {}): Promise<GatewayConfig> {
  const { onFile, renames = renamedFields } = options;
  const file = resolve(projectDir, configFile);
  if (!(await exists(file))) {
    throw new GatewayError('ERR_CONFIG_INVALID', `there is no ${configFile} in this folder`, {
      problems: ['go to the project’s folder, or begin one with: npx noetl-gateway init'],
    });
  }
  const exported = await importConfig(pathToFileURL(file).href, onFile).catch((error: unknown) => {
    throw new GatewayError('ERR_CONFIG_INVALID', `${configFile} does not load`, {
      problems: [describeFailure(error, resolve(projectDir))],
      cause: error,
    });
  });
  if (typeof exported === 'object' && exported !== null) {
    const { declaration, warnings } = readRenamed<object>(exported, renames);
    for (const warning of warnings) console.warn(`${configFile}: ${warning}`);
    if (isConfig(declaration)) return withDerivedRows(declaration);
  }
  throw new GatewayError(
    'ERR_CONFIG_INVALID',
    `${configFile} must export default defineGateway({ operations, roles, grants })`,
  );
}

/** The generated schema that `serve` loads. @throws ERR_CONFIG_INVALID when `generate` has not run */
export const schemaFile = (projectDir: string): string => join(projectDir, 'mesh', 'generated', 'schema.graphql');

async function importConfig(url: string, onFile: LoadOptions['onFile']): Promise<unknown> {
  // Node keeps a module by its URL, so a second import would be the first one.
  if (onFile !== undefined) return importFresh(url, onFile);
  const module: { readonly default?: unknown } = await import(url);
  return module.default;
}

/** The message, after the file and line of the project where it happened, as far as Node names them. */
function describeFailure(error: unknown, projectDir: string): string {
  if (!(error instanceof Error)) return String(error);
  // A stack names files as URLs or paths, with the mark of a fresh load behind them.
  const places = [...(error.stack ?? '').matchAll(/((?:file:\/\/)?\/[^\s:?()]+)(?:\?[^\s:]*)?:(\d+)/g)];
  const place = places
    .map(([, file = '', line]) => ({ file: file.startsWith('file:') ? fileURLToPath(file) : file, line }))
    .map(({ file, line }) => ({ file: relative(projectDir, file), line }))
    .find(({ file }) => !file.startsWith('..') && !file.includes('node_modules'));
  return place === undefined ? error.message : `${place.file}:${place.line}: ${error.message}`;
}

function isConfig(value: object): value is GatewayConfig {
  const config = value as Partial<GatewayConfig>;
  return typeof config.operations === 'object' && Array.isArray(config.roles) && Array.isArray(config.grants);
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

/** Marks the modules of one load: to Node, a module with another mark is another module, which is read again. */
const mark = 'load';

/**
 * Imports a module of a project and everything of the project that it imports, each as it is on disk now. Packages and
 * the gateway's own modules are shared with the process.
 * @param url of a file, without a query
 * @param onFile gets the path of each module of the project, also of those that then fail to load
 * @returns the default export. @throws what the modules throw
 */
export async function importFresh(url: string, onFile: (file: string) => void): Promise<unknown> {
  const load = `${mark}=${process.hrtime.bigint()}`;
  onFile(fileURLToPath(url));
  const hooks = registerHooks({
    resolve(specifier, context, next) {
      const found = next(specifier, context);
      // What a marked module imports is marked; everything else keeps its one copy, classes and caches with it.
      if (context.parentURL?.endsWith(load) !== true || !found.url.startsWith('file:')) return found;
      const file = fileURLToPath(found.url);
      if (file.includes(`${sep}node_modules${sep}`) || isOwn(file)) return found;
      onFile(file);
      return { ...found, url: `${found.url.replace(/[?#].*$/, '')}?${load}` };
    },
  });
  try {
    const module: { readonly default?: unknown } = await import(`${url}?${load}`);
    return module.default;
  } finally {
    // Imports of the running gateway must not get the mark.
    hooks.deregister();
  }
}

/** What a config of this repository imports where a project imports the package. */
function isOwn(file: string): boolean {
  const root = dirname(fileURLToPath(manifestPath()));
  const inSources = ['gateway', 'plugins'].some((folder) => file.startsWith(`${root}${sep}${folder}${sep}`));
  return inSources || file === `${root}${sep}index.ts`;
}
