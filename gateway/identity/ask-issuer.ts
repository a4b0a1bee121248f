import { decodeJwt } from 'jose';
import { isRefusal, type LoginRefusal, refuse, type SeenToken } from '../../plugins/login-refusal.ts';
import { isClaimData } from '../../plugins/noetl/json-object.ts';
import type { Session } from '../../plugins/noetl-auth/session/session.ts';
import { providerTokens, type SessionToken } from '../../plugins/noetl-auth/session/session-token.ts';
import type { SessionFollower } from '../../plugins/ports.ts';
import { type IssuerRules, isSameIssuer } from '../config/issuers.ts';
import { claimAt, clientOf, isClaims, readRoles } from './claims.ts';
import { askIssuer, type Fetch, issuerUnavailable } from './issuer-documents.ts';
import { type AskedIssuer, isJwt, issuerOf, type KnownIssuer, signatureRefusal } from './verify-token.ts';

/** Claims about a user, verified. */
export interface SubjectClaims {
  readonly [claim: string]: unknown;
  readonly sub: string;
}

type ReadClaims = { readonly claims: SubjectClaims } | LoginRefusal;

/**
 * Asks a trusted issuer about the user of an access token (OpenID Connect Core 1.0, section 5.3): JSON, or a JWT that the
 * issuer signed. The issuer vouches for the user, not for the audience.
 * @throws ERR_AUTH_UNAVAILABLE when the issuer does not answer.
 */
export async function readUserinfo(token: string, asked: AskedIssuer, seen: SeenToken): Promise<ReadClaims> {
  const { documents, fetch, rules } = asked;
  const url = await documents.endpoint('userinfo_endpoint');
  const headers = { authorization: `Bearer ${token}`, accept: 'application/json, application/jwt' };
  const { status, type, body, text } = await askIssuer(fetch, rules.issuer, 'userinfo', url, { headers });
  if (status === 400 || status === 401) return refuse('token_inactive', seen);
  if (status === 403) return refuse('userinfo_denied', seen);
  if (status !== 200) throw issuerUnavailable(rules.issuer, `userinfo answered ${status}`);
  const isSigned = type === 'application/jwt';
  const claims = isSigned ? await signedClaims(text.trim(), asked, seen) : body;
  if (isSigned && claims === undefined) return refuse('userinfo_invalid', seen);
  if (!isClaims(claims)) throw issuerUnavailable(rules.issuer, 'userinfo is not a JSON object');
  if (!isClaimData(claims)) return refuse('template_mark', { issuer: rules.issuer });
  const { sub } = claims;
  if (typeof sub !== 'string' || sub === '') throw issuerUnavailable(rules.issuer, 'userinfo names no subject');
  return { claims: { ...claims, sub } };
}

/** A signed answer must be of this issuer and for this gateway. @returns undefined: it is not */
async function signedClaims(token: string, asked: AskedIssuer, seen: SeenToken) {
  const { rules, issuer } = asked;
  if (!isJwt(token)) throw issuerUnavailable(rules.issuer, 'userinfo is not a JWT that can be read');
  if ((await signatureRefusal(token, seen, asked)) !== undefined) return undefined;
  const claims = decodeJwt(token);
  const { iss, aud } = claims;
  // `iss` and `aud` are not required in a signed answer; where they are, they must be right (OpenID Connect Core 1.0,
  // section 5.3.2).
  const isOurs = aud === undefined || [aud].flat().some((one) => rules.audiences.includes(one));
  return isOurs && (iss === undefined || isSameIssuer(iss, issuer)) ? claims : undefined;
}

/**
 * Asks a trusted issuer for the claims of an access token (RFC 7662), as the client of the entry. The token must be for
 * this gateway: by `aud`, or by `client_id` where the answer has no `aud`.
 * @throws ERR_AUTH_UNAVAILABLE when the issuer does not answer, or does not know the gateway's own client.
 */
export async function introspect(token: string, asked: AskedIssuer, seen: SeenToken): Promise<ReadClaims> {
  const { introspection, issuer } = asked.rules;
  if (introspection === undefined) throw issuerUnavailable(issuer, 'the entry has no introspection');
  const { url, clientId, clientSecret } = introspection;
  // The entry's address first: a provider need not publish one.
  const to = url === undefined ? await asked.documents.endpoint('introspection_endpoint') : new URL(url);
  const { status, body } = await askIssuer(asked.fetch, issuer, 'introspection', to, {
    headers: { authorization: basic(clientId, clientSecret) },
    form: { token, token_type_hint: 'access_token' },
  });
  // It is about the gateway's client and not about the token, so no login is refused for it.
  if (status === 401 || status === 403) {
    throw issuerUnavailable(issuer, `introspection answered ${status}: check clientId and clientSecret of the entry`);
  }
  if (status !== 200 || !isClaims(body)) throw issuerUnavailable(issuer, `introspection answered ${status}`);
  return introspectedClaims(body, asked, seen);
}

function introspectedClaims(
  body: Readonly<Record<string, unknown>>,
  { rules, issuer }: AskedIssuer,
  seen: SeenToken,
): ReadClaims {
  // RFC 7662, section 2.2: nothing else of the answer counts then.
  if (body['active'] !== true) return refuse('token_inactive', seen);
  if (!isClaimData(body)) return refuse('template_mark', { issuer });
  if (!isAccessToken(body)) return refuse('token_kind', seen);
  const { sub, iss, aud } = body;
  if (typeof iss === 'string' && !isSameIssuer(iss, issuer)) {
    return refuse('issuer_untrusted', { ...seen, issuer: iss });
  }
  const client = clientOf(body);
  // An answer without `aud` is for the client that the token was given to.
  const audiences: readonly unknown[] = aud === undefined ? [client] : [aud].flat();
  if (!audiences.some((one) => typeof one === 'string' && rules.audiences.includes(one))) {
    return refuse('audience_mismatch', { ...seen, audience: audiences.join(' ') });
  }
  const subject = sub ?? client;
  if (typeof subject !== 'string' || subject === '') return refuse('subject_missing', seen);
  return { claims: { ...body, sub: subject } };
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

/**
 * Asks the provider about a session again, with the access token that it was made from: by introspection where the
 * issuer's entry has it, else at userinfo; roles that introspection does not name are read at userinfo too. A refusal, another subject,
 * or an issuer that is no longer trusted ends it.
 */
export const createSessionFollower = (
  known: readonly KnownIssuer[],
  fetch: Fetch = globalThis.fetch,
): SessionFollower => ({
  async follow({ issuer, subject }, { access }) {
    const found = issuerOf(known, issuer);
    // An issuer that was taken out of the config is no longer trusted with sessions, either.
    if (found === undefined || access === undefined) return { outcome: 'over' };
    const claims = await claimsNow(access, subject, { ...found, issuer, fetch });
    return claims === undefined ? { outcome: 'over' } : { outcome: 'valid', roles: rolesNow(found.rules, claims) };
  },
});

/**
 * Introspection often does not name roles: they are then read where a login reads them, at userinfo.
 * @returns undefined: the provider refuses the token, or it is another subject's.
 */
async function claimsNow(access: string, subject: string, asked: AskedIssuer): Promise<SubjectClaims | undefined> {
  const { rules, issuer } = asked;
  const isIntrospected = rules.introspection !== undefined;
  const answer = await (isIntrospected ? introspect : readUserinfo)(access, asked, { issuer });
  if (isRefusal(answer) || answer.claims.sub !== subject) return undefined;
  if (!isIntrospected || !rules.userinfo || hasRoles(rules, answer.claims)) return answer.claims;
  const more = await readUserinfo(access, asked, { issuer });
  return isRefusal(more) || more.claims.sub !== subject ? undefined : more.claims;
}

const hasRoles = ({ roles }: IssuerRules, claims: SubjectClaims): boolean =>
  roles.claims.some((name) => claimAt(claims, name) !== undefined);

/** An answer without any of the role claims does not change the roles. */
function rolesNow(rules: IssuerRules, claims: SubjectClaims): readonly string[] | undefined {
  if (!hasRoles(rules, claims)) return undefined;
  const { roles } = readRoles(rules.roles, claims);
  return roles.length === 0 ? rules.roles.default : roles;
}

/**
 * Where a browser goes to end its session at the provider too (OpenID Connect RP-Initiated Logout 1.0), for issuers that
 * log in browsers here.
 * @returns undefined: the provider has no such address, or cannot be asked now; the logout here has happened anyway.
 */
export async function providerLogoutUrl(
  known: readonly KnownIssuer[],
  token: SessionToken,
  { identity }: Session,
): Promise<string | undefined> {
  const found = identity && issuerOf(known, identity.issuer);
  const browser = found?.rules.browser;
  if (identity === undefined || found === undefined || browser === undefined) return undefined;
  const url = await found.documents.endpoint('end_session_endpoint').catch(() => undefined);
  if (url === undefined) return undefined;
  url.searchParams.set('client_id', browser.clientId);
  // The provider knows by it which session is meant, and asks no question (RP-Initiated Logout 1.0, section 2).
  const hint = providerTokens(token, identity)?.id;
  if (hint !== undefined) url.searchParams.set('id_token_hint', hint);
  if (browser.afterLogout !== undefined) url.searchParams.set('post_logout_redirect_uri', browser.afterLogout);
  return url.href;
}
