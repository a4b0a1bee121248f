import { decodeJwt, decodeProtectedHeader, type JWTPayload } from 'jose';
import { isClaims } from '../../core/identity/claim-path.ts';
import { type IssuerRules, issuerNamed } from '../../core/identity/issuer-rules.ts';
import { type LoginRefusal, refuse, type SeenToken } from '../../core/identity/login-refusal.ts';
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
  if (!isLogout(kind, claims)) return refuse('token_kind', seen);
  const refusal = await signatureRefusal(token, seen, { rules, issuer, documents });
  return refusal ?? claimsRefusal(claims, rules, now, seen) ?? orderOf(claims, issuer);
}

/**
 * An ID token is not a logout token: the event is required, and `nonce` is forbidden (Back-Channel Logout 1.0, section
 * 2.4).
 */
function isLogout(kind: string | undefined, { events, nonce }: JWTPayload): boolean {
  return kinds.has(kind) && isClaims(events) && isClaims(events[logoutEvent]) && nonce === undefined;
}

/** `exp` is optional here, so the age of the token bounds a copy as well. */
function claimsRefusal(
  { aud, iat, exp, jti }: JWTPayload,
  { audiences }: IssuerRules,
  now: Date,
  seen: SeenToken,
): LoginRefusal | undefined {
  const isOurs = [aud].flat().some((one) => one !== undefined && audiences.includes(one));
  if (!isOurs) return refuse('audience_mismatch', seen);
  const nowSecs = now.getTime() / 1000;
  if (typeof iat !== 'number' || iat > nowSecs + leewaySecs) return refuse('issued_in_future', seen);
  const isOver = exp !== undefined && exp <= nowSecs - leewaySecs;
  if (isOver || iat < nowSecs - oldestSecs) return refuse('token_too_old', seen);
  return isText(jti) ? undefined : refuse('malformed', seen);
}

function orderOf({ sub, sid }: JWTPayload, issuer: string): LogoutOrder | LoginRefusal {
  if (!isText(sub) && !isText(sid)) return refuse('subject_missing', { issuer });
  return { target: { issuer, ...(isText(sub) && { subject: sub }), ...(isText(sid) && { sid }) } };
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
