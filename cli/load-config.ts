import { access } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { withFormerNames } from '../gateway/config/former-names.ts';
import type { GatewayConfig } from '../gateway/config/gateway-config.ts';
import { type RenamedField, readRenamed, renamedFields } from '../gateway/config/renamed-fields.ts';
import { GatewayError } from '../plugins/errors.ts';
import { importFresh } from './project-modules.ts';

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
    if (isConfig(declaration)) return withFormerNames(declaration);
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
