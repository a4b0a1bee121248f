import { type AuthAnswer, noAnswer } from '../../core/noetl/auth-answer.ts';
import { isJsonObject } from '../../core/noetl/json-object.ts';
import { isOwnWorkload } from '../../core/noetl/plain-values.ts';
import type { Upstream } from '../../core/ports.ts';

type AuthRoute = '/api/auth/login' | '/api/auth/session/validate' | '/api/auth/check-playbook-access';

/**
 * Asks one of NoETL's own auth routes. `session/validate` answers flat, the others under `data`; both read the same.
 * @throws ERR_AUTH_UNAVAILABLE for every status but 200: 404 means that route or credential is missing, never "no".
 */
export async function askAuthRoute(
  upstream: Upstream,
  route: AuthRoute,
  body: Readonly<Record<string, unknown>>,
  timeoutMs: number,
): Promise<AuthAnswer> {
  if (!isOwnWorkload(body)) throw noAnswer('request holds text that NoETL could evaluate');
  const reply = await upstream
    // A login makes a session, so it is not sent twice.
    .request({ method: 'POST', path: route, body, idempotent: route !== '/api/auth/login', timeoutMs, route })
    .catch((error: unknown) => {
      throw noAnswer(error instanceof Error ? error : new Error(`${route} failed`));
    });
  if (reply.status !== 200) throw noAnswer(`${route} answered ${reply.status}`);
  const answer = reply.body;
  if (!isJsonObject(answer) || typeof answer['status'] !== 'string')
    throw noAnswer(`${route} answered without a status`);
  return { status: answer['status'], data: 'data' in answer ? answer['data'] : answer };
}
