import { GatewayError } from '../plugins/errors.ts';

/** Says an error to a person: the sentence, then each problem on its own line. A bug shows where it happened. */
export function reportError(error: unknown): void {
  if (!(error instanceof GatewayError)) {
    console.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
    return;
  }
  console.error(`noetl-gateway: ${error.message}`);
  for (const problem of error.problems) console.error(`  - ${problem}`);
}

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
