import type { Clock } from '../../core/clock.ts';
import { type IssuerRules, issuerNamed } from '../../core/identity/issuer-rules.ts';
import { isRefusal, type LoginRefusal, refuse, type SeenToken } from '../../core/identity/login-refusal.ts';
import type { Identity, LoginExpectation } from '../../core/ports.ts';
import { introspect } from './introspection.ts';
import { issuersNamedBy } from './issuer-choice.ts';
import type { IssuerDocuments } from './issuer-documents.ts';
import type { Fetch } from './issuer-request.ts';
import { claimedIdentity, judgeClaims } from './judge-claims.ts';
import { type AskedIssuer, readUserinfo, type SubjectClaims } from './userinfo.ts';
import { decodeToken, isJwt, verifyToken } from './verify-token.ts';

/** A trusted issuer with its documents. */
export interface KnownIssuer {
  readonly rules: IssuerRules;
  readonly documents: IssuerDocuments;
}

/** `claimed`: the claims of an unverified token, for shadow mode; absent when none of them may reach NoETL. */
export type TokenVerdict =
  | { readonly identity: Identity; readonly rules: IssuerRules }
  | (LoginRefusal & { readonly claimed?: Claimed })
  | { readonly error: unknown; readonly seen: SeenToken; readonly claimed?: Claimed };

/** An identity that is not verified. */
export interface Claimed {
  readonly identity: Identity;
  readonly rules: IssuerRules;
}

/** Judges a token. @throws ERR_AUTH_UNAVAILABLE when its issuer could not be asked */
export type Judge = (token: string, domain: string | undefined, expected: LoginExpectation) => Promise<TokenVerdict>;

export interface JudgeOptions {
  readonly known: readonly KnownIssuer[];
  readonly clock: Clock;
  readonly fetch: Fetch;
  readonly email: 'needed' | 'optional';
}

const opaqueToken = /^[A-Za-z0-9._~+/=-]+$/;

/** Judges a token: the identity, or the reason of the refusal, or the reason why it cannot be judged. */
export function createJudge(options: JudgeOptions): Judge {
  const { known } = options;
  const rules = known.map((one) => one.rules);
  const longest = Math.max(0, ...rules.map(({ maxTokenBytes }) => maxTokenBytes));
  return async (token, domain, expected) => {
    // Before anything is decoded.
    if (token.length > longest) return refuse('too_long');
    const chosen = new Set(issuersNamedBy(rules, domain));
    const { issuerName } = expected;
    const candidates = known.filter(
      (one) => chosen.has(one.rules) && (issuerName === undefined || one.rules.name === issuerName),
    );
    if (candidates.length === 0) return refuse('issuer_untrusted');
    const judge = isJwt(token) ? judgeJwt : judgeOpaque;
    return judge(token, candidates, expected, options);
  };
}

type JudgeKind = (
  token: string,
  candidates: readonly KnownIssuer[],
  expected: LoginExpectation,
  options: JudgeOptions,
) => Promise<TokenVerdict>;

const judgeJwt: JudgeKind = async (token, candidates, expected, { clock, fetch, email }) => {
  const decoded = decodeToken(token);
  if (isRefusal(decoded)) return decoded;
  const { claims, seen } = decoded;
  const found = candidates
    .map((one) => ({ ...one, issuer: issuerNamed(one.rules, String(claims.iss)) }))
    .find(({ issuer }) => issuer !== undefined);
  if (found?.issuer === undefined) return { ...refuse('issuer_untrusted', seen), ...claimedByOnly(candidates, claims) };
  const { rules, documents, issuer } = found;
  if (token.length > rules.maxTokenBytes) return refuse('too_long', seen);
  const asked: AskedIssuer = { rules, documents, issuer, fetch };
  const now = new Date(clock());
  const claimed = { identity: claimedIdentity(asked, claims, now), rules };
  try {
    const verified = await verifyToken(token, decoded, { rules, issuer, documents, now });
    if (isRefusal(verified)) return { ...verified, claimed };
    const verdict = await judgeClaims({ token, claims, seen, kind: verified.kind, asked, email, expected, now });
    return isRefusal(verdict) ? { ...verdict, claimed } : { ...verdict, rules };
  } catch (error) {
    return { error, seen, claimed };
  }
};

const judgeOpaque: JudgeKind = async (token, candidates, expected, { clock, fetch, email }) => {
  const [only, other] = candidates.filter(({ rules }) => rules.accept.has('opaque'));
  if (only === undefined || !opaqueToken.test(token)) return refuse('malformed', { kind: 'opaque' });
  // The token names no issuer, and it must not be shown to one that it is not of.
  if (other !== undefined) return refuse('issuer_ambiguous', { kind: 'opaque' });
  const { rules, documents } = only;
  const { issuer } = rules;
  const seen: SeenToken = { issuer, kind: 'opaque' };
  if (token.length > rules.maxTokenBytes) return refuse('too_long', seen);
  const asked: AskedIssuer = { rules, documents, issuer, fetch };
  try {
    const read = rules.introspection === undefined ? readUserinfo : introspect;
    const answer = await read(token, asked, seen);
    if (isRefusal(answer)) return answer;
    const now = new Date(clock());
    const verdict = await judgeClaims({
      token,
      claims: answer.claims,
      seen,
      kind: 'opaque',
      asked,
      email,
      expected,
      now,
    });
    return isRefusal(verdict) ? verdict : { ...verdict, rules };
  } catch (error) {
    return { error, seen };
  }
};

/** A token of an issuer that is not trusted, where only one could be meant: its identity is of that one. */
function claimedByOnly(candidates: readonly KnownIssuer[], claims: SubjectClaims): { readonly claimed?: Claimed } {
  const [only, other] = candidates;
  if (only === undefined || other !== undefined || only.rules.tenants.length > 0) return {};
  const { rules } = only;
  return { claimed: { identity: claimedIdentity({ rules, issuer: rules.issuer }, claims, new Date(0)), rules } };
}
