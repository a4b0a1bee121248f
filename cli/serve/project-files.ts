import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { GatewayOptions } from '../../gateway/gateway-options.ts';
import { GatewayError } from '../../plugins/errors.ts';
import { policyCasesFile } from '../../plugins/noetl-auth/access/policy-cases-file.ts';
import { maxPolicyBytes } from '../../plugins/noetl-auth/access/policy-file.ts';
import { schemaFile } from '../load-config.ts';

/** The generated schema. @throws ERR_CONFIG_INVALID when `generate` has not run */
export async function readSchema(dir: string): Promise<string> {
  return readFile(schemaFile(dir), 'utf8').catch((error: unknown) => {
    throw new GatewayError('ERR_CONFIG_INVALID', 'there is no generated schema', {
      problems: ['run: noetl-gateway generate (in this repository: npm run generate)'],
      cause: error,
    });
  });
}

/** The file with grants that `GATEWAY_POLICY_FILE` names; an empty value is ignored. */
export function policyFileOf(environment: NodeJS.ProcessEnv): { readonly policyFile?: string } {
  const file = environment['GATEWAY_POLICY_FILE']?.trim() ?? '';
  return file === '' ? {} : { policyFile: file };
}

/** The project's file of policy cases, read whenever it is asked for. A file that is too large counts as missing. */
export function policyCasesOf(dir: string): Required<Pick<GatewayOptions, 'policyCases'>> {
  const file = join(dir, policyCasesFile);
  return {
    async policyCases() {
      // Looked at first: the file is read whenever an operator asks, and may have grown to any size.
      const size = await stat(file).then(
        (found) => found.size,
        () => undefined,
      );
      return size === undefined || size > maxPolicyBytes ? undefined : readFile(file, 'utf8').catch(() => undefined);
    },
  };
}

/** The OpenAPI document that `generate` has written; nothing when it has not. */
export async function restDocumentOf(dir: string): Promise<Pick<GatewayOptions, 'restDocument'>> {
  return readFile(join(dir, 'docs', 'generated', 'rest.yaml'), 'utf8').then(
    (restDocument) => ({ restDocument }),
    () => ({}),
  );
}
