import type { Clock } from '../../core/clock.ts';
import type { IssuerRules } from '../../core/identity/issuer-rules.ts';
import { outcomeOf } from '../../core/identity/login-refusal.ts';
import type { Observe } from '../../core/observe.ts';
import type { IdentityVerifier } from '../../core/ports.ts';
import { createIssuerDocuments, type DocumentsTiming } from './issuer-documents.ts';
import type { Fetch } from './issuer-request.ts';
import { issuerProblem, newerThanKeys, readTooOften } from './issuer-unavailable.ts';
import { createJudge, type KnownIssuer } from './judge-token.ts';

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

function modeNow({ mode, shadowUntilMs = Number.POSITIVE_INFINITY, clock }: IdentityVerifierOptions) {
  return mode === 'shadow' && clock() < shadowUntilMs ? 'shadow' : 'enforce';
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
  const { issuers, observe, clock, fetch = globalThis.fetch, timing } = options;
  const known = issuers.map((rules) => ({ rules, documents: createIssuerDocuments(rules, fetch, clock, timing) }));
  const judge = createJudge({ known, clock, fetch, email: options.email });

  return {
    known,
    async verify(token, domain, expected = {}) {
      const mode = modeNow(options);
      const verdict = await judge(token, domain, expected);
      if ('identity' in verdict) {
        const { droppedRoles } = verdict.identity;
        observe({ type: 'provider_call', issuer: verdict.identity.issuer });
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

type Refused = Exclude<Awaited<ReturnType<ReturnType<typeof createJudge>>>, { readonly identity: unknown }>;

/** A token that was refused, or a provider that could not be asked about it. */
function reportRefusal(observe: Observe, mode: 'enforce' | 'shadow', verdict: Refused): void {
  if ('error' in verdict) {
    const problem = issuerProblem(verdict.error);
    const answer = problem === undefined ? {} : { issuer: problem.issuer, problem: problem.problem };
    const isOutage = problem !== undefined && ![readTooOften, newerThanKeys].includes(problem.problem);
    if (isOutage) observe({ type: 'provider_call', issuer: problem.issuer, problem: problem.problem });
    observe({ type: 'identity_token', outcome: 'jwks_unavailable', mode, token: verdict.seen, ...answer });
  } else {
    const { reason, seen } = verdict;
    observe({ type: 'identity_token', outcome: outcomeOf(reason), mode, reason, token: seen });
  }
}
