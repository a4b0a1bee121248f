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
