import { isClaims } from '../../core/identity/claim-path.ts';
import { type LoginRefusal, refuse, type SeenToken } from '../../core/identity/login-refusal.ts';
import { clientOf } from '../../core/identity/token-shape.ts';
import { isClaimData } from '../../core/noetl/plain-values.ts';
import { readFromIssuer } from './issuer-request.ts';
import { issuerFailureOf, issuerUnavailable } from './issuer-unavailable.ts';
import { isSameIssuer } from './issuer-url.ts';
import type { AskedIssuer, SubjectClaims } from './userinfo.ts';

const timeoutMs = 5_000;

/**
 * Asks a trusted issuer for the claims of an access token (RFC 7662), as the client of the entry. The token must be for
 * this gateway: by `aud`, or by `client_id` where the answer has no `aud`.
 * @throws ERR_AUTH_UNAVAILABLE when the issuer does not answer, or does not know the gateway's own client.
 */
export async function introspect(
  token: string,
  asked: AskedIssuer,
  seen: SeenToken,
): Promise<{ readonly claims: SubjectClaims } | LoginRefusal> {
  const { rules, documents, fetch } = asked;
  const { introspection, issuer } = rules;
  if (introspection === undefined) throw issuerUnavailable(issuer, 'the entry has no introspection');
  const { url, clientId, clientSecret } = introspection;
  // The entry's address first: a provider need not publish one.
  const to = url === undefined ? await documents.endpoint('introspection_endpoint') : new URL(url);
  const { status, body } = await readFromIssuer(fetch, to, AbortSignal.timeout(timeoutMs), {
    headers: { authorization: basic(clientId, clientSecret) },
    form: { token, token_type_hint: 'access_token' },
  }).catch((error: unknown) => {
    throw issuerUnavailable(issuer, `introspection could not be read: ${issuerFailureOf(error)}`, error);
  });
  // It is about the gateway's client and not about the token, so no login is refused for it.
  if (status === 401 || status === 403) {
    throw issuerUnavailable(issuer, `introspection answered ${status}: check clientId and clientSecret of the entry`);
  }
  if (status !== 200 || !isClaims(body)) throw issuerUnavailable(issuer, `introspection answered ${status}`);
  return judged(body, asked, seen);
}

function judged(
  body: Readonly<Record<string, unknown>>,
  { rules, issuer }: AskedIssuer,
  seen: SeenToken,
): { readonly claims: SubjectClaims } | LoginRefusal {
  // RFC 7662, section 2.2: nothing else of the answer counts then.
  if (body['active'] !== true) return refuse('token_inactive', seen);
  if (!isClaimData(body)) return refuse('template_mark', { issuer });
  if (!isAccessToken(body)) return refuse('token_kind', seen);
  const { sub, iss, aud } = body;
  if (typeof iss === 'string' && !isSameIssuer(iss, issuer))
    return refuse('issuer_untrusted', { ...seen, issuer: iss });
  const client = clientOf(body);
  // An answer without `aud` is for the client that the token was given to.
  const audiences: readonly unknown[] = aud === undefined ? [client] : [aud].flat();
  if (!audiences.some((one) => typeof one === 'string' && rules.audiences.includes(one))) {
    return refuse('audience_mismatch', { ...seen, audience: audiences.join(' ') });
  }
  const subject = sub ?? client;
  return typeof subject === 'string' && subject !== ''
    ? { claims: { ...body, sub: subject } }
    : refuse('subject_missing', seen);
}

/** Introspection answers for refresh tokens too; only what is plainly a bearer access token is a login. */
function isAccessToken(body: Readonly<Record<string, unknown>>): boolean {
  const kinds = [body['token_type'], body['typ']].filter((kind) => kind !== undefined && kind !== null);
  const isRefresh = body['token_use'] !== undefined && !/^access(?:_token)?$/.test(String(body['token_use']));
  return !isRefresh && kinds.length > 0 && kinds.every((kind) => /^(?:bearer|access_token)$/i.test(String(kind)));
}

/** RFC 6749, section 2.3.1: both parts are form-encoded first. */
function basic(clientId: string, clientSecret: string): string {
  const encode = (text: string) => new URLSearchParams({ v: text }).toString().slice(2);
  return `Basic ${Buffer.from(`${encode(clientId)}:${encode(clientSecret)}`).toString('base64')}`;
}
