import { decodeJwt, decodeProtectedHeader, errors, type JWK, type JWTPayload, jwtVerify } from 'jose';
import { type LoginRefusal, refuse, type SeenToken } from '../../plugins/login-refusal.ts';
import { isClaimData } from '../../plugins/noetl/json-object.ts';
import type { SessionsOf } from '../../plugins/noetl-auth/session/session.ts';
import type { TokenKind } from '../config/issuers.ts';
import { type IssuerRules, isSignatureAlgorithm, issuerNamed } from '../config/issuers.ts';
import { isClaims, tokenKind } from './claims.ts';
import type { IssuerDocuments } from './issuer-documents.ts';
import { type Fetch, issuerUnavailable } from './issuer-documents.ts';

/** A trusted issuer with its documents. */
export interface KnownIssuer {
  readonly rules: IssuerRules;
  readonly documents: IssuerDocuments;
}

/** A trusted issuer that is asked about a token. `issuer`: as the issuer names itself. */
export interface AskedIssuer extends KnownIssuer {
  readonly issuer: string;
  readonly fetch: Fetch;
}

/** The trusted issuer that a token's `iss` means, and the name by which identities have it. */
export function issuerOf(known: readonly KnownIssuer[], iss: unknown) {
  for (const one of known) {
    const issuer = issuerNamed(one.rules, String(iss));
    if (issuer !== undefined) return { ...one, issuer };
  }
  return undefined;
}

/** A token that was taken apart. Nothing of it counts before its signature is verified. */
export interface DecodedToken {
  readonly header: Readonly<Record<string, unknown>>;
  /** Not yet verified. */
  readonly claims: JWTPayload & { readonly sub: string };
  readonly seen: SeenToken;
}

/** Clocks of issuers and of the gateway may differ by this. */
const leewaySecs = 60;
/** OpenID Connect Core 1.0, section 2: at most 255 ASCII characters. Others are accepted, control characters are not. */
const longestSubject = 255;

/** Whether a text is a JWS in compact form with a JSON header. Anything else may be an opaque access token. */
export function isJwt(token: string): boolean {
  if (token.split('.').length !== 3) return false;
  try {
    return typeof decodeProtectedHeader(token).alg === 'string';
  } catch {
    return false;
  }
}

/** Reads a JWT without believing it. Refuses what NoETL would evaluate as a template, and what names no subject. */
export function decodeToken(token: string): DecodedToken | LoginRefusal {
  let header: Readonly<Record<string, unknown>>;
  let claims: JWTPayload;
  try {
    header = { ...decodeProtectedHeader(token) };
    claims = decodeJwt(token);
  } catch {
    return refuse('malformed');
  }
  const seen = seenOf(header, claims);
  const { sub } = claims;
  if (typeof sub !== 'string' || sub === '') return refuse('subject_missing', seen);
  if (sub.length > longestSubject || /\p{Cc}/u.test(sub) || sub.trim() === '') return refuse('subject_invalid', seen);
  if (!isClaimData(header) || !isClaimData(claims)) return refuse('template_mark', {});
  return { header, claims: { ...claims, sub }, seen };
}

function seenOf({ alg, kid }: Readonly<Record<string, unknown>>, { iss, aud }: JWTPayload): SeenToken {
  const audience = Array.isArray(aud) ? aud.join(' ') : aud;
  return {
    ...(typeof iss === 'string' && { issuer: iss }),
    ...(typeof audience === 'string' && { audience }),
    ...(typeof alg === 'string' && { algorithm: alg }),
    ...(typeof kid === 'string' && { kid }),
  };
}

/**
 * Verifies kind, signature, audience and times of a JWT, with 60 s of leeway; `exp` is required.
 * @returns the kind of token, or why it is refused.
 * @throws ERR_AUTH_UNAVAILABLE when the issuer's keys could not be read.
 * @see RFC 7519 section 4.1, RFC 8725 section 3
 */
export async function verifyToken(
  token: string,
  { header, claims, seen }: DecodedToken,
  asked: AskedIssuer,
  now: Date,
): Promise<{ readonly kind: TokenKind } | LoginRefusal> {
  const { rules } = asked;
  const kind = tokenKind(header['typ'], claims);
  if (kind === undefined) return refuse('token_kind', seen);
  const signature = await signatureRefusal(token, seen, asked);
  if (signature !== undefined) return signature;
  const refusal = audienceRefusal(rules, kind, claims, seen) ?? timeRefusal(claims, now, seen);
  if (refusal !== undefined) return refusal;
  // Last, so that the log names the kind of a token that is right otherwise.
  return rules.accept.has(kind) ? { kind } : refuse('kind_not_accepted', { ...seen, kind });
}

/** The signature alone. Used for logout tokens and signed userinfo too. */
export async function signatureRefusal(
  token: string,
  seen: SeenToken,
  { rules, issuer, documents }: KnownIssuer & { readonly issuer: string },
): Promise<LoginRefusal | undefined> {
  const { alg = '', kid, crit, b64 } = decodeProtectedHeader(token);
  // No extension is understood here (RFC 7515, section 4.1.11), and a JWT has no unencoded payload (RFC 7797, section 7).
  if (crit !== undefined || b64 !== undefined) return refuse('malformed', seen);
  // By the entry's list and never by the token alone: `none`, or a secret made of a public key (RFC 8725, section 3.1).
  if (!isSignatureAlgorithm(alg) || !rules.algorithms.includes(alg)) return refuse('algorithm_not_allowed', seen);
  const keys = await documents.keysFor({ alg, ...(typeof kid === 'string' && { kid }) }, issuer, decodeJwt(token).iat);
  if (keys.length === 0) return refuse('key_unknown', seen);
  const verdicts = new Set<Verdict>();
  for (const key of keys) {
    const verdict = await verdictOf(token, key, alg);
    if (verdict === 'valid') return undefined;
    verdicts.add(verdict);
  }
  if (verdicts.has('malformed')) return refuse('malformed', seen);
  if (verdicts.has('invalid')) return refuse('signature_invalid', seen);
  throw issuerUnavailable(issuer, 'the key that a token names cannot be used');
}

type Verdict = 'valid' | 'invalid' | 'malformed' | 'unusable';

async function verdictOf(token: string, key: JWK, alg: string): Promise<Verdict> {
  try {
    await jwtVerify(token, key, { algorithms: [alg] });
    return 'valid';
  } catch (error) {
    // Of claims after the signature: their callers judge them, each with its reason.
    if (error instanceof errors.JWTExpired || error instanceof errors.JWTClaimValidationFailed) return 'valid';
    if (error instanceof errors.JWSSignatureVerificationFailed) return 'invalid';
    // Not of the token: a key that is too short, for example.
    return error instanceof errors.JOSEError ? 'malformed' : 'unusable';
  }
}

function audienceRefusal(
  rules: IssuerRules,
  kind: TokenKind,
  { aud, azp, client_id: client }: JWTPayload,
  seen: SeenToken,
): LoginRefusal | undefined {
  // Some providers name the client of an access token only, for example Cognito.
  const isFallback = rules.clientIdIsAudience && kind === 'access_token' && aud === undefined;
  const given: readonly unknown[] = Array.isArray(aud) ? aud : [isFallback ? client : aud];
  const isOurs = (one: unknown) => typeof one === 'string' && rules.audiences.includes(one);
  if (!given.some(isOurs)) return refuse('audience_mismatch', seen);
  // OpenID Connect Core 1.0, section 3.1.3.7: of an ID token for several, `azp` names the client that it was given to. That one is
  // an audience of the entry, or the entry's `required` lists it. An access token's `azp` is the app that calls, and no audience.
  const isOfOther = kind === 'id_token' && given.length > 1 && azp !== undefined && !isOurs(azp);
  return isOfOther && !rules.required.has('azp') ? refuse('azp_mismatch', { ...seen, claim: 'azp' }) : undefined;
}

function timeRefusal({ exp, nbf, iat }: JWTPayload, now: Date, seen: SeenToken): LoginRefusal | undefined {
  const nowSecs = now.getTime() / 1000;
  const off = (secs: number) => ({ ...seen, offSecs: Math.round(nowSecs - secs) });
  if (typeof exp !== 'number') return refuse('expiry_missing', seen);
  if (exp <= nowSecs - leewaySecs) return refuse('expired', off(exp));
  if (isAfter(nbf, nowSecs)) return refuse('not_yet_valid', off(Number(nbf)));
  return isAfter(iat, nowSecs) ? refuse('issued_in_future', off(Number(iat))) : undefined;
}

const isAfter = (time: unknown, nowSecs: number): boolean =>
  time !== undefined && (typeof time !== 'number' || time > nowSecs + leewaySecs);

/** Sessions that a provider ends. */
export interface LogoutOrder {
  readonly target: Extract<SessionsOf, { issuer: string }>;
}

const logoutEvent = 'http://schemas.openid.net/event/backchannel-logout';
const logoutTypes = new Set(['logout+jwt', 'jwt', undefined]);
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
  const found = issuerOf(known, claims.iss);
  if (found === undefined) return refuse('issuer_untrusted');
  const { rules, issuer } = found;
  const seen = { issuer };
  if (token.length > rules.maxTokenBytes) return refuse('too_long', seen);
  const type = decodeProtectedHeader(token)
    .typ?.toLowerCase()
    .replace(/^application\//, '');
  const { events, nonce, sub, sid } = claims;
  // An ID token is not a logout token: the event is required, and `nonce` is forbidden.
  const isLogout = isClaims(events) && isClaims(events[logoutEvent]) && nonce === undefined;
  if (!isLogout || !logoutTypes.has(type)) return refuse('token_kind', seen);
  const refusal = (await signatureRefusal(token, seen, found)) ?? logoutRefusal(claims, rules, now, seen);
  if (refusal !== undefined) return refusal;
  if (!isText(sub) && !isText(sid)) return refuse('subject_missing', seen);
  return { target: { issuer, ...(isText(sub) && { subject: sub }), ...(isText(sid) && { sid }) } };
}

/** `exp` is optional here, so the age of the token bounds a copy as well. */
function logoutRefusal(
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

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
