import { GatewayError } from '../plugins/errors.ts';

/**
 * Loads what only the generator needs. Mesh and its like are optional peers of the package and absent where it only
 * serves.
 * @throws ERR_CONFIG_INVALID with what to install
 */
export async function loadTools<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    const name = /Cannot find (?:package|module) '([^']+)'/.exec((error as Error).message)?.[1];
    throw new GatewayError('ERR_CONFIG_INVALID', 'this command needs packages that are not installed here', {
      problems: [`missing: ${name ?? 'a package'}`, 'in a project begun with noetl-gateway init: npm install'],
      cause: error,
    });
  }
}
