import { decodeJwt, decodeProtectedHeader } from 'jose';
import { isClaims } from '../../core/identity/claim-path.ts';
import { issuerNamed } from '../../core/identity/issuer-rules.ts';
import { type LoginRefusal, refuse } from '../../core/identity/login-refusal.ts';
import type { SessionsOf } from '../../core/session/session-marks.ts';
import type { KnownIssuer } from './judge-token.ts';
import { isJwt, leewaySecs, signatureRefusal } from './verify-token.ts';

/** Sessions that a provider ends. */
export interface LogoutOrder {
  readonly target: Extract<SessionsOf, { issuer: string }>;
}

const logoutEvent = 'http://schemas.openid.net/event/backchannel-logout';
const kinds = new Set(['logout+jwt', 'jwt', undefined]);
/** A logout token is used at once; an older one may be a copy. */
const oldestSecs = 300;

/**
 * Reads a logout token of a trusted issuer.
 * @throws ERR_AUTH_UNAVAILABLE when the issuer's keys could not be read.
 * @see OpenID Connect Back-Channel Logout 1.0, sections 2.4 and 2.6
 */
export async function readLogoutToken(
  token: string,
  known: readonly KnownIssuer[],
  now: Date,
): Promise<LogoutOrder | LoginRefusal> {
  if (!isJwt(token)) return refuse('malformed');
  const claims = decodeJwt(token);
  const { typ } = decodeProtectedHeader(token);
  const kind = typ?.toLowerCase().replace(/^application\//, '');
  const found = known
    .map((one) => ({ ...one, issuer: issuerNamed(one.rules, String(claims.iss)) }))
    .find(({ issuer }) => issuer !== undefined);
  if (found?.issuer === undefined) return refuse('issuer_untrusted');
  const { rules, documents, issuer } = found;
  const seen = { issuer };
  if (token.length > rules.maxTokenBytes) return refuse('too_long', seen);
  const { events, sub, sid, jti, iat, exp, aud } = claims;
  const isLogout = kinds.has(kind) && isClaims(events) && isClaims(events[logoutEvent]) && claims['nonce'] === undefined;
  if (!isLogout) return refuse('token_kind', seen);
  const refusal = await signatureRefusal(token, seen, { rules, issuer, documents });
  if (refusal !== undefined) return refusal;
  if (![aud].flat().some((one) => one !== undefined && rules.audiences.includes(one))) return refuse('audience_mismatch', seen);
  const nowSecs = now.getTime() / 1000;
  if (typeof iat !== 'number' || iat > nowSecs + leewaySecs) return refuse('issued_in_future', seen);
  if (iat < nowSecs - oldestSecs || (exp !== undefined && exp <= nowSecs - leewaySecs)) return refuse('token_too_old', seen);
  const subject = typeof sub === 'string' && sub !== '' ? { subject: sub } : undefined;
  const session = typeof sid === 'string' && sid !== '' ? { sid } : undefined;
  if (subject === undefined && session === undefined) return refuse('subject_missing', seen);
  if (typeof jti !== 'string' || jti === '') return refuse('malformed', seen);
  return { target: { issuer, ...subject, ...session } };
}
