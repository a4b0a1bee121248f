import { decodeJwt } from 'jose';
import { isClaims } from '../../core/identity/claim-path.ts';
import type { IssuerRules } from '../../core/identity/issuer-rules.ts';
import { type LoginRefusal, refuse, type SeenToken } from '../../core/identity/login-refusal.ts';
import { isClaimData } from '../../core/noetl/plain-values.ts';
import type { IssuerDocuments } from './issuer-documents.ts';
import { type Fetch, type IssuerReply, readFromIssuer } from './issuer-request.ts';
import { issuerFailureOf, issuerUnavailable } from './issuer-unavailable.ts';
import { isSameIssuer } from './issuer-url.ts';
import { isJwt, signatureRefusal } from './verify-token.ts';

const timeoutMs = 5_000;

/** Claims about a user, verified. */
export interface SubjectClaims {
  readonly [claim: string]: unknown;
  readonly sub: string;
}

/** The issuer that is asked. */
export interface AskedIssuer {
  readonly rules: IssuerRules;
  /** As the issuer names itself. */
  readonly issuer: string;
  readonly documents: IssuerDocuments;
  readonly fetch: Fetch;
}

/**
 * Asks a trusted issuer about the user of an access token (OpenID Connect Core 1.0, section 5.3): JSON, or a JWT that the
 * issuer signed. The issuer vouches for the user, not for the audience.
 * @throws ERR_AUTH_UNAVAILABLE when the issuer does not answer.
 */
export async function readUserinfo(
  token: string,
  asked: AskedIssuer,
  seen: SeenToken,
): Promise<{ readonly claims: SubjectClaims } | LoginRefusal> {
  const { documents, fetch, rules } = asked;
  const url = await documents.endpoint('userinfo_endpoint');
  const reply = await readFromIssuer(fetch, url, AbortSignal.timeout(timeoutMs), {
    headers: { authorization: `Bearer ${token}`, accept: 'application/json, application/jwt' },
  }).catch((error: unknown) => {
    throw issuerUnavailable(rules.issuer, `userinfo could not be read: ${issuerFailureOf(error)}`, error);
  });
  const { status } = reply;
  if (status === 400 || status === 401) return refuse('token_inactive', seen);
  if (status === 403) return refuse('userinfo_denied', seen);
  if (status !== 200) throw issuerUnavailable(rules.issuer, `userinfo answered ${status}`);
  if (reply.type === 'application/jwt') return signedClaims(reply, asked, seen);
  return checkedClaims(reply.body, rules.issuer);
}

function checkedClaims(claims: unknown, issuer: string): { readonly claims: SubjectClaims } | LoginRefusal {
  if (!isClaims(claims)) throw issuerUnavailable(issuer, 'userinfo is not a JSON object');
  if (!isClaimData(claims)) return refuse('template_mark', { issuer });
  const { sub } = claims;
  if (typeof sub !== 'string' || sub === '') throw issuerUnavailable(issuer, 'userinfo names no subject');
  return { claims: { ...claims, sub } };
}

/** A signed answer must be of this issuer and for this gateway. */
async function signedClaims(
  { text }: IssuerReply,
  asked: AskedIssuer,
  seen: SeenToken,
): Promise<{ readonly claims: SubjectClaims } | LoginRefusal> {
  const { rules, issuer } = asked;
  const token = text.trim();
  if (!isJwt(token)) throw issuerUnavailable(rules.issuer, 'userinfo is not a JWT that can be read');
  if ((await signatureRefusal(token, seen, asked)) !== undefined) return refuse('userinfo_invalid', seen);
  const claims = decodeJwt(token);
  const { iss, aud } = claims;
  const audiences = aud === undefined ? [] : [aud].flat();
  // `iss` and `aud` are not required in a signed answer; where they are, they must be right (OpenID Connect Core 1.0,
  // section 5.3.2).
  const isOurs = audiences.length === 0 || audiences.some((one) => rules.audiences.includes(one));
  if (!isOurs || (iss !== undefined && !isSameIssuer(iss, issuer))) return refuse('userinfo_invalid', seen);
  return checkedClaims(claims, rules.issuer);
}
