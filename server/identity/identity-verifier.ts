import type { JWTPayload } from 'jose';
import type { Clock } from '../../core/clock.ts';
import { GatewayError } from '../../core/errors.ts';
import type { Observe } from '../../core/observe.ts';
import type { Identity, IdentityVerifier } from '../../core/ports.ts';
import { createIssuerKeys, type KeysTiming } from './issuer-keys.ts';
import type { Fetch } from './issuer-request.ts';
import { decodeToken, type Refusal, refusalOf } from './token-claims.ts';
import { isSameIssuer, issuersOf } from './trusted-issuers.ts';
import { readUserinfo, type UserinfoClaims } from './userinfo.ts';

export interface IdentityVerifierOptions {
  /** Issuers as their tokens name them. */
  readonly trustedIssuers: readonly string[];
  readonly audiences: readonly string[];
  /** `none` and algorithms with a shared secret are left out, whatever this says. */
  readonly algorithms: readonly string[];
  readonly mode: 'enforce' | 'shadow';
  readonly clock: Clock;
  readonly observe: Observe;
  /**
   * A token whose e-mail is not verified: `refuse` where NoETL logs in, as it takes the e-mail from the token itself and
   * gives its owner's roles; `ignore` where the gateway issues sessions: the identity is then the subject alone.
   */
  readonly unverifiedEmail?: 'refuse' | 'ignore';
  /** Resolve tokens that are no JWT at the issuer's userinfo endpoint. Only where the gateway issues sessions. */
  readonly allowUserinfo?: boolean;
  readonly fetch?: Fetch;
  readonly timing?: KeysTiming;
}

/** `claimed`: what the token says; passed on in shadow mode. Absent when nothing of it must reach NoETL. */
type Verdict =
  | { readonly outcome: 'success'; readonly identity: Identity }
  | { readonly outcome: 'jwks_unavailable'; readonly error: unknown; readonly claimed?: Identity }
  | (Refusal & { readonly claimed?: Identity });

const longestToken = 8 * 1024;
const asymmetric = /^(?:(?:RS|PS|ES)(?:256|384|512)|EdDSA|Ed25519)$/;
/** The last time that a Date can hold. */
const longestTime = 8.64e15;
const opaqueToken = /^[A-Za-z0-9._~+/=-]+$/;

const tooLong: Refusal = { outcome: 'malformed', reason: 'The identity token is too long.' };
const notJwt: Refusal = { outcome: 'malformed', reason: 'The identity token is malformed.' };
const untrusted: Refusal = {
  outcome: 'untrusted_issuer',
  reason: 'The identity token is of an issuer not trusted here.',
};
const unverifiedEmail: Refusal = { outcome: 'bad_claims', reason: "The identity token's e-mail is not verified." };

/**
 * Verifies identity tokens against trusted issuers: ID tokens and JWT access tokens alike. The request's `domain` picks
 * among the trusted by host, else the token's `iss` does; an issuer that is not trusted is never contacted.
 *
 * `email` is used only when the token says `email_verified: true`; absent counts as not verified.
 *
 * In shadow mode the outcome is counted, and a token that would be refused yields an identity marked `unverified`, for
 * NoETL to decide on. Tokens that must not reach NoETL (malformed, too long, with template marks, of a domain that is
 * not trusted) are refused in both modes.
 * @throws ERR_CONFIG_INVALID when no algorithm is left.
 */
export function createIdentityVerifier(options: IdentityVerifierOptions): IdentityVerifier {
  const { trustedIssuers, mode, observe } = options;
  const algorithms = options.algorithms.filter((name) => asymmetric.test(name));
  if (algorithms.length === 0)
    throw new GatewayError('ERR_CONFIG_INVALID', 'No usable signature algorithm is allowed.');
  const judge = createJudge({ ...options, algorithms });

  return {
    async verify(token, domain) {
      const verdict = await judge(token, issuersOf(trustedIssuers, domain));
      observe({ type: 'identity_token', outcome: verdict.outcome, mode });
      if (verdict.outcome === 'success') return { identity: verdict.identity };
      if (mode === 'shadow' && verdict.claimed !== undefined)
        return { identity: { ...verdict.claimed, unverified: true } };
      if (verdict.outcome === 'jwks_unavailable') throw verdict.error;
      return { rejected: verdict.reason };
    },
  };
}

type Judge = (token: string, candidates: readonly string[]) => Promise<Verdict>;

function createJudge(options: IdentityVerifierOptions): Judge {
  const { clock, trustedIssuers, fetch = globalThis.fetch, timing } = options;
  const known = new Map(trustedIssuers.map((issuer) => [issuer, createIssuerKeys(issuer, fetch, clock, timing)]));

  /** @param claimed who the token says it is for. */
  async function judgeJwt(token: string, claims: JWTPayload, issuer: string, claimed: Identity): Promise<Verdict> {
    const keys = known.get(issuer);
    if (keys === undefined) return untrusted;
    try {
      const refusal = await refusalOf(token, claims, keys, options, new Date(clock()));
      if (refusal !== undefined) return { ...refusal, claimed };
    } catch (error) {
      return { outcome: 'jwks_unavailable', error, claimed };
    }
    const { email } = claims;
    const isEmailUnverified = email !== undefined && email !== null && email !== '' && claimed.email === undefined;
    if (isEmailUnverified && options.unverifiedEmail !== 'ignore') return { ...unverifiedEmail, claimed };
    return { outcome: 'success', identity: claimed };
  }

  async function judgeOpaque(token: string, candidates: readonly string[]): Promise<Verdict> {
    const [issuer, other] = candidates;
    const keys = known.get(issuer ?? '');
    const isUsable = options.allowUserinfo === true && opaqueToken.test(token);
    if (!isUsable || issuer === undefined || keys === undefined || other !== undefined) return notJwt;
    try {
      const told = await readUserinfo(token, keys, fetch);
      return 'claims' in told ? { outcome: 'success', identity: identityOf(issuer, told.claims, clock()) } : told;
    } catch (error) {
      return { outcome: 'jwks_unavailable', error };
    }
  }

  async function judgeSigned(token: string, candidates: readonly string[]): Promise<Verdict> {
    const decoded = decodeToken(token);
    if ('outcome' in decoded) return decoded;
    const { claims } = decoded;
    const named = candidates.find((candidate) => isSameIssuer(candidate, String(claims.iss)));
    if (named !== undefined) return judgeJwt(token, claims, named, identityOf(named, claims, clock()));
    const [only, other] = candidates;
    if (only === undefined || other !== undefined) return untrusted;
    return { ...untrusted, claimed: identityOf(only, claims, clock()) };
  }

  return async (token, candidates) => {
    if (token.length > longestToken) return tooLong;
    if (candidates.length === 0) return untrusted;
    return token.split('.').length === 3 ? judgeSigned(token, candidates) : judgeOpaque(token, candidates);
  };
}

/** `exp` in milliseconds; a token that does not say ends now. An opaque token does not say. */
function identityOf(issuer: string, claims: UserinfoClaims, now: number): Identity {
  const { sub: subject, email, email_verified: isVerified, name, exp } = claims;
  const endMs = typeof exp === 'number' ? Math.min(exp * 1000, longestTime) : now;
  return {
    issuer,
    subject,
    email: isVerified === true && typeof email === 'string' && email !== '' ? email : undefined,
    name: typeof name === 'string' && name !== '' ? name : undefined,
    expiresAt: new Date(endMs),
    claims,
  };
}
