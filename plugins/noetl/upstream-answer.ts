import { GatewayError } from '../errors.ts';
import type { UpstreamReply } from '../ports.ts';
import { isJsonObject } from './json-object.ts';

/**
 * The body of a successful answer; undefined when it has no body.
 * @param missing the message of a 404 to the caller
 * @throws ERR_NOT_SUPPORTED (404 of a missing route), ERR_NOT_FOUND (404), ERR_REQUEST_INVALID (400, 409, 413, 422), ERR_UPSTREAM (everything else, and answers that
 *   report a failure with status 200); never with text of the upstream
 */
export function answerOf(reply: UpstreamReply, missing = 'not found'): unknown {
  const { status, body } = reply;
  if (status >= 200 && status < 300) {
    if (isFailureReport(body)) throw new GatewayError('ERR_UPSTREAM', 'NoETL reported a failure');
    return body;
  }
  if (isMissingRoute(reply))
    throw new GatewayError('ERR_NOT_SUPPORTED', 'this release of NoETL does not offer this operation');
  if (status === 404) throw new GatewayError('ERR_NOT_FOUND', missing);
  if (status === 400 || status === 409 || status === 413 || status === 422) {
    throw new GatewayError('ERR_REQUEST_INVALID', 'NoETL does not accept these arguments');
  }
  const retry = status === 429 || status === 503 ? { retryAfterSecs: 2 } : {};
  throw new GatewayError('ERR_UPSTREAM', 'NoETL could not answer', { cause: `status ${status}`, ...retry });
}

/**
 * Whether a 404 is about the route and not about what was asked for: the Python server's framework answers
 * `{"detail": "Not Found"}` then, the Rust server's an empty body.
 */
export function isMissingRoute({ status, body }: UpstreamReply): boolean {
  if (status !== 404) return false;
  return body === undefined || body === '' || (isJsonObject(body) && body['detail'] === 'Not Found');
}

/** Some routes answer 200 with `status: "error"`, or with an `error` that is not an execution's own. */
function isFailureReport(body: unknown): boolean {
  if (!isJsonObject(body)) return false;
  if (body['status'] === 'error') return true;
  return typeof body['error'] === 'string' && body['error'] !== '' && !Object.hasOwn(body, 'execution_id');
}

/** The same, for answers that must be an object. @throws ERR_UPSTREAM also when it is not an object */
export function objectAnswer(reply: UpstreamReply, missing?: string): Readonly<Record<string, unknown>> {
  const body = answerOf(reply, missing);
  if (!isJsonObject(body))
    throw new GatewayError('ERR_UPSTREAM', 'NoETL answered in a form that the gateway does not know');
  return body;
}
