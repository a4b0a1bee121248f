import { noAnswer } from '../../core/noetl/auth-answer.ts';
import { isJsonObject } from '../../core/noetl/json-object.ts';
import { holdsTemplateMark } from '../../core/noetl/template-mark.ts';
import type { IssuerKeys } from './issuer-keys.ts';
import { type Fetch, readFromIssuer } from './issuer-request.ts';
import type { Refusal } from './token-claims.ts';

const timeoutMs = 5_000;

/** Claims about the user whom an opaque token stands for. */
export interface UserinfoClaims {
  readonly [claim: string]: unknown;
  readonly sub: string;
}

/**
 * Asks a trusted issuer whose an opaque access token is (OpenID Connect Core 1.0, section 5.3). The issuer vouches for
 * the user, not for the audience: a token that it gave to another application is accepted as well.
 * @throws ERR_AUTH_UNAVAILABLE when the issuer does not tell.
 */
export async function readUserinfo(
  token: string,
  keys: IssuerKeys,
  fetch: Fetch,
): Promise<{ readonly claims: UserinfoClaims } | Refusal> {
  const url = await keys.userinfoUrl();
  const { status, body } = await readFromIssuer(fetch, url, AbortSignal.timeout(timeoutMs), {
    authorization: `Bearer ${token}`,
  }).catch((error: unknown) => {
    throw noAnswer(error instanceof Error ? error : new Error('userinfo could not be read'));
  });
  if (status === 400 || status === 401 || status === 403) {
    return { outcome: 'bad_signature', reason: 'The access token is not valid.' };
  }
  if (status !== 200 || !isJsonObject(body)) throw noAnswer(`userinfo answered ${status}`);
  const claims = body;
  if (holdsTemplateMark(claims)) return { outcome: 'bad_claims', reason: 'The user has claims that are not allowed.' };
  if (typeof claims['sub'] !== 'string' || claims['sub'] === '') throw noAnswer('userinfo names no subject');
  return { claims: { ...claims, sub: claims['sub'] } };
}
