import { access } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { GatewayConfig } from '../core/config/gateway-config.ts';
import { type RenamedField, readRenamed, renamedFields } from '../core/config/renamed-fields.ts';
import { GatewayError } from '../core/errors.ts';

/** The file that a platform team edits, in the project's folder. */
export const configFile = 'gateway.config.ts';

/**
 * Imports a project's `gateway.config.ts`. Names of the minor version before still count; each is warned about on stderr.
 * @param fresh a new copy, although the file was imported before.
 * @throws ERR_CONFIG_INVALID with what to do when it is missing, does not load, or exports something else
 */
export async function loadConfig(
  projectDir: string,
  fresh = false,
  renames: readonly RenamedField[] = renamedFields,
): Promise<GatewayConfig> {
  const file = resolve(projectDir, configFile);
  if (!(await exists(file))) {
    throw new GatewayError('ERR_CONFIG_INVALID', `there is no ${configFile} in this folder`, {
      problems: ['go to the project’s folder, or begin one with: npx noetl-gateway init'],
    });
  }
  const url = `${pathToFileURL(file).href}${fresh ? `?at=${Date.now()}` : ''}`;
  const module = await import(url).catch((error: unknown) => {
    throw new GatewayError('ERR_CONFIG_INVALID', `${configFile} does not load`, {
      problems: [textOf(error)],
      cause: error,
    });
  });
  if (typeof module.default === 'object' && module.default !== null) {
    const { declaration, warnings } = readRenamed<object>(module.default, renames);
    for (const warning of warnings) console.warn(`${configFile}: ${warning}`);
    if (isConfig(declaration)) return declaration;
  }
  throw new GatewayError(
    'ERR_CONFIG_INVALID',
    `${configFile} must export default defineGateway({ operations, roles, grants })`,
  );
}

/** The generated schema that `serve` loads. @throws ERR_CONFIG_INVALID when `generate` has not run */
export const schemaFile = (projectDir: string): string => join(projectDir, 'mesh', 'generated', 'schema.graphql');

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

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
