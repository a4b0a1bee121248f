import type { Clock } from '../../plugins/clock.ts';
import type { Observe } from '../../plugins/observe.ts';
import type { Identity, IdentityVerifier, LoginExpectation } from '../../plugins/ports.ts';
import { type IssuerRules, issuerNames, withoutSlash } from '../config/identity/issuer-rules.ts';
import { isRefusal, type LoginRefusal, outcomeOf, refuse, type SeenToken } from '../config/identity/login-refusal.ts';
import { introspect, readUserinfo, type SubjectClaims } from './ask-issuer.ts';
import { claimedIdentity, judgeClaims } from './identity-of-claims.ts';
import { createIssuerDocuments, type DocumentsTiming } from './issuer-documents.ts';
import { type Fetch, issuerProblem, newerThanKeys, readTooOften } from './issuer-request.ts';
import { decodeToken, isJwt, issuerOf, type KnownIssuer, verifyToken } from './verify-token.ts';

export interface IdentityVerifierOptions {
  readonly issuers: readonly IssuerRules[];
  readonly mode: 'enforce' | 'shadow';
  /** From then on the mode is `enforce`, milliseconds. */
  readonly shadowUntilMs?: number | undefined;
  readonly clock: Clock;
  readonly observe: Observe;
  /**
   * `needed`: NoETL logs in by the e-mail of the token, so a token without one that may be used is refused. `optional`:
   * the identity is the subject, and an e-mail that may not be used is left out.
   */
  readonly email: 'needed' | 'optional';
  readonly fetch?: Fetch;
  readonly timing?: DocumentsTiming;
}

/** The verifier, and the issuers that it trusts with what they publish. */
export interface IssuersVerifier extends IdentityVerifier {
  readonly known: readonly KnownIssuer[];
}

/** An identity with its issuer's rules. */
interface Found {
  readonly identity: Identity;
  readonly rules: IssuerRules;
}

/**
 * The identity, or the reason of the refusal, or the reason why it cannot be judged. `claimed`: the claims of an unverified token, for
 * shadow mode; absent when none of them may reach NoETL.
 */
type Verdict = Found | NotVerified;
type NotVerified = (LoginRefusal | { readonly error: unknown; readonly seen: SeenToken }) & {
  readonly claimed?: Found;
};

/** What a token is judged with. */
interface Judging {
  readonly candidates: readonly KnownIssuer[];
  readonly expected: LoginExpectation;
  readonly email: 'needed' | 'optional';
  readonly fetch: Fetch;
  readonly now: Date;
}

/**
 * Verifies identity tokens against trusted issuers: ID tokens, JWT access tokens and, where the issuer's entry accepts
 * them, opaque access tokens. The request's `domain` picks among the trusted, else the token's `iss` does; an issuer that
 * is not trusted is never contacted.
 *
 * In shadow mode the outcome is counted, and a token that would be refused yields an identity marked `unverified`, for
 * NoETL to decide on. Tokens that must not reach NoETL (malformed, too long, with template marks, of a domain that is
 * not trusted) are refused in both modes.
 */
export function createIdentityVerifier(options: IdentityVerifierOptions): IssuersVerifier {
  const { issuers, observe, clock, email, fetch = globalThis.fetch, timing, shadowUntilMs = Infinity } = options;
  const known = issuers.map((rules) => ({ rules, documents: createIssuerDocuments(rules, fetch, clock, timing) }));
  const longest = Math.max(0, ...issuers.map(({ maxTokenBytes }) => maxTokenBytes));

  async function judge(token: string, domain: string | undefined, expected: LoginExpectation): Promise<Verdict> {
    // Before anything is decoded.
    if (token.length > longest) return refuse('too_long');
    const chosen = new Set(issuersNamedBy(issuers, domain));
    const { issuerName } = expected;
    const candidates = known.filter(
      ({ rules }) => chosen.has(rules) && (issuerName === undefined || rules.name === issuerName),
    );
    if (candidates.length === 0) return refuse('issuer_untrusted');
    const judging = { candidates, expected, email, fetch, now: new Date(clock()) };
    return isJwt(token) ? judgeJwt(token, judging) : judgeOpaque(token, judging);
  }

  return {
    known,
    async verify(token, domain, expected = {}) {
      const mode = options.mode === 'shadow' && clock() < shadowUntilMs ? 'shadow' : 'enforce';
      const verdict = await judge(token, domain, expected);
      if ('identity' in verdict) {
        const { issuer, droppedRoles } = verdict.identity;
        observe({ type: 'provider_call', issuer });
        observe({ type: 'identity_token', outcome: 'success', mode, ...(droppedRoles.length > 0 && { droppedRoles }) });
        return verdict;
      }
      reportRefusal(observe, mode, verdict);
      const { claimed } = verdict;
      if (mode === 'shadow' && claimed !== undefined) {
        return { ...claimed, identity: { ...claimed.identity, unverified: true } };
      }
      if ('error' in verdict) throw verdict.error;
      const { rejected, publicReason, reason, seen } = verdict;
      return { rejected, publicReason, reason, seen };
    },
  };
}

/** A token that was refused, or a provider that could not be asked about it. */
function reportRefusal(observe: Observe, mode: 'enforce' | 'shadow', verdict: NotVerified): void {
  if ('error' in verdict) {
    const found = issuerProblem(verdict.error);
    const problem = found && { issuer: found.issuer, problem: found.problem };
    const isOutage = problem !== undefined && ![readTooOften, newerThanKeys].includes(problem.problem);
    if (isOutage) observe({ type: 'provider_call', ...problem });
    observe({ type: 'identity_token', outcome: 'jwks_unavailable', mode, token: verdict.seen, ...problem });
  } else {
    const { reason, seen } = verdict;
    observe({ type: 'identity_token', outcome: outcomeOf(reason), mode, reason, token: seen });
  }
}

async function judgeJwt(token: string, { candidates, ...judging }: Judging): Promise<Verdict> {
  const decoded = decodeToken(token);
  if (isRefusal(decoded)) return decoded;
  const { claims, seen } = decoded;
  const found = issuerOf(candidates, claims.iss);
  if (found === undefined) return { ...refuse('issuer_untrusted', seen), ...claimedByOnly(candidates, claims) };
  const { rules } = found;
  if (token.length > rules.maxTokenBytes) return refuse('too_long', seen);
  const asked = { ...found, fetch: judging.fetch };
  const claimed = { identity: claimedIdentity(asked, claims, judging.now), rules };
  try {
    const verified = await verifyToken(token, decoded, asked, judging.now);
    if (isRefusal(verified)) return { ...verified, claimed };
    const verdict = await judgeClaims({ ...judging, token, claims, seen, kind: verified.kind, asked });
    return isRefusal(verdict) ? { ...verdict, claimed } : { ...verdict, rules };
  } catch (error) {
    return { error, seen, claimed };
  }
}

const opaqueToken = /^[A-Za-z0-9._~+/=-]+$/;

async function judgeOpaque(token: string, { candidates, ...judging }: Judging): Promise<Verdict> {
  const [only, other] = candidates.filter(({ rules }) => rules.accept.has('opaque'));
  if (only === undefined || !opaqueToken.test(token)) return refuse('malformed', { kind: 'opaque' });
  // The token names no issuer, and it must not be shown to one that it is not of.
  if (other !== undefined) return refuse('issuer_ambiguous', { kind: 'opaque' });
  const { rules } = only;
  const { issuer } = rules;
  const seen: SeenToken = { issuer, kind: 'opaque' };
  if (token.length > rules.maxTokenBytes) return refuse('too_long', seen);
  const asked = { ...only, issuer, fetch: judging.fetch };
  try {
    const answer = await (rules.introspection === undefined ? readUserinfo : introspect)(token, asked, seen);
    if (isRefusal(answer)) return answer;
    const verdict = await judgeClaims({ ...judging, token, claims: answer.claims, seen, kind: 'opaque', asked });
    return isRefusal(verdict) ? verdict : { ...verdict, rules };
  } catch (error) {
    return { error, seen };
  }
}

/** A token of an issuer that is not trusted, where only one could be meant: its identity is of that one. */
function claimedByOnly(candidates: readonly KnownIssuer[], claims: SubjectClaims): { readonly claimed?: Found } {
  const [only, other] = candidates;
  if (only === undefined || other !== undefined || only.rules.tenants.length > 0) return {};
  const { rules } = only;
  return { claimed: { identity: claimedIdentity({ rules, issuer: rules.issuer }, claims, new Date(0)), rules } };
}

/**
 * The trusted issuers that a login's `domain` names; all of them without a domain. Never any other.
 * - a host, with or without its port, slash or `https://`: every issuer on that host;
 * - with a path: the issuers whose address begins with it, so that `sso.example.com/realms/acme` picks one realm.
 */
export function issuersNamedBy(trusted: readonly IssuerRules[], domain: string | undefined): readonly IssuerRules[] {
  if (domain === undefined || domain === '') return trusted;
  const named = placeOf(domain.includes('://') ? domain : `https://${domain}`);
  if (named === undefined) return [];
  return trusted.filter((rules) => issuerNames(rules).some((name) => isAt(placeOf(name), named)));
}

interface Place {
  readonly host: string;
  readonly path: string;
}

function placeOf(text: string): Place | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  // The default port of a scheme does not make another host, under either scheme.
  const host = /^(?:80|443)?$/.test(url.port) ? url.hostname : url.host;
  return { host: host.toLowerCase(), path: withoutSlash(url.pathname) };
}

/** Whole segments: `/realms/acme` does not name `/realms/acme-test`. */
function isAt(issuer: Place | undefined, named: Place): boolean {
  if (issuer === undefined || issuer.host !== named.host) return false;
  return named.path === '' || issuer.path === named.path || issuer.path.startsWith(`${named.path}/`);
}
