import { readFileSync } from 'node:fs';
import { GatewayError } from '../../plugins/errors.ts';

/**
 * The text of a file of the package that an output is made of; `tools/build` copies these files beside the code.
 * @param path from the root of the package
 * @throws ERR_INTERNAL when the package lacks it
 */
export function readAsset(path: string): string {
  try {
    return readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
  } catch (cause) {
    throw new GatewayError('ERR_INTERNAL', `The package lacks ${path}.`, { cause });
  }
}
