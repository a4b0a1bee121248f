import { GatewayError } from '../../plugins/errors.ts';
import { answerOf } from '../../plugins/noetl/upstream-answer.ts';
import type { UpstreamReply } from '../../plugins/ports.ts';

/** NoETL's own statuses that a client is given; others are the gateway's words for "could not answer". */
const kept: ReadonlySet<number> = new Set([400, 404, 405, 409, 413, 422]);

/**
 * The body of a successful answer as NoETL wrote it. A refusal keeps NoETL's status, and never its text.
 * @throws as `answerOf` does
 */
export function wireAnswer(reply: UpstreamReply, missing?: string): unknown {
  return withStatusOf(reply, () => answerOf(reply, missing));
}

/** Runs a reader of an answer; what it throws about a refusal of NoETL keeps NoETL's status. */
export function withStatusOf<T>({ status }: Pick<UpstreamReply, 'status'>, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof GatewayError) || !kept.has(status)) throw error;
    throw new GatewayError(error.code, error.message, { status, cause: error });
  }
}
