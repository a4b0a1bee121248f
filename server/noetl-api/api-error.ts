import { type Answer, errorAnswer, toGatewayError } from '../http/answer.ts';

/**
 * An error as clients of NoETL's API read it: they look at `error`, `detail` or `message`, which are the same sentence.
 * `code` is the gateway's, as everywhere.
 */
export function apiErrorAnswer(thrown: unknown): Answer {
  const { message } = toGatewayError(thrown);
  const answer = errorAnswer(thrown);
  const body = { ...(JSON.parse(String(answer.body)) as object), detail: message, message };
  return { ...answer, body: JSON.stringify(body) };
}
