import { decodeJwt, decodeProtectedHeader, errors, type JWTPayload, jwtVerify } from 'jose';
import { GatewayError } from '../../core/errors.ts';
import { noAnswer } from '../../core/noetl/auth-answer.ts';
import { holdsTemplateMark } from '../../core/noetl/template-mark.ts';
import type { GatewayEvent } from '../../core/observe.ts';
import type { IssuerKeys } from './issuer-keys.ts';

/** Why a token does not stand, as it is counted. */
export type TokenOutcome = Extract<GatewayEvent, { type: 'identity_token' }>['outcome'];

/** A refusal: how it is counted, and what the caller is told. */
export interface Refusal {
  readonly outcome: Exclude<TokenOutcome, 'success' | 'jwks_unavailable'>;
  readonly reason: string;
}

export interface DecodedToken {
  /** Not yet believed. */
  readonly claims: JWTPayload & { readonly sub: string };
}

const leewaySecs = 60;
const tokenKinds = new Set(['jwt', 'at+jwt', 'application/jwt', 'application/at+jwt']);

const malformed: Refusal = { outcome: 'malformed', reason: 'The identity token is malformed.' };
const unknownKey: Refusal = { outcome: 'unknown_kid', reason: 'The identity token is signed with an unknown key.' };

/** Reads a JWT without believing it. Refuses what NoETL would evaluate as a template, and what names no subject. */
export function decodeToken(token: string): DecodedToken | Refusal {
  let claims: JWTPayload;
  let header: unknown;
  try {
    header = decodeProtectedHeader(token);
    claims = decodeJwt(token);
  } catch {
    return malformed;
  }
  if (holdsTemplateMark(header) || holdsTemplateMark(claims)) {
    return { outcome: 'bad_claims', reason: 'The identity token holds text that is not allowed.' };
  }
  if (typeof claims.sub !== 'string' || claims.sub === '') {
    return { outcome: 'bad_claims', reason: 'The identity token names no subject.' };
  }
  return { claims: { ...claims, sub: claims.sub } };
}

/** What a token must hold to. `algorithms` has neither `none` nor one with a shared secret. */
export interface TokenRules {
  readonly algorithms: readonly string[];
  readonly audiences: readonly string[];
}

/**
 * Verifies signature, audience and times, with 60 s of leeway; `exp` is required. The issuer is the one whose keys these
 * are: the caller has found it by the token's `iss`.
 * @returns undefined: it stands.
 * @throws ERR_AUTH_UNAVAILABLE when the issuer's keys cannot be had.
 * @see RFC 7519 section 4.1, RFC 8725 section 3
 */
export async function refusalOf(
  token: string,
  claims: JWTPayload,
  keys: IssuerKeys,
  rules: TokenRules,
  now: Date,
): Promise<Refusal | undefined> {
  try {
    const { protectedHeader } = await jwtVerify(
      token,
      async (header) => {
        const key = await keys.keyFor(header);
        if (key === undefined) throw new errors.JWKSNoMatchingKey();
        return key;
      },
      {
        algorithms: [...rules.algorithms],
        audience: [...rules.audiences],
        requiredClaims: ['iss', 'aud', 'exp', 'sub'],
        clockTolerance: leewaySecs,
        currentDate: now,
      },
    );
    const kind = protectedHeader.typ?.toLowerCase();
    if (kind !== undefined && !tokenKinds.has(kind)) return malformed;
    return isFromFuture(claims.iat, now)
      ? { outcome: 'bad_claims', reason: 'The identity token is from the future.' }
      : undefined;
  } catch (error) {
    if (error instanceof errors.JOSEError) return refusalFor(error);
    throw error instanceof GatewayError ? error : noAnswer(error instanceof Error ? error : new Error('unusable key'));
  }
}

function isFromFuture(issuedAt: unknown, now: Date): boolean {
  if (issuedAt === undefined) return false;
  return typeof issuedAt !== 'number' || issuedAt > now.getTime() / 1000 + leewaySecs;
}

function refusalFor(error: errors.JOSEError): Refusal {
  if (error instanceof errors.JWTExpired) return { outcome: 'bad_claims', reason: 'The identity token has expired.' };
  if (error instanceof errors.JWTClaimValidationFailed) {
    return { outcome: 'bad_claims', reason: 'The identity token was not issued for this gateway, or not for now.' };
  }
  if (error instanceof errors.JWKSNoMatchingKey) return unknownKey;
  if (error instanceof errors.JWSSignatureVerificationFailed || error instanceof errors.JOSEAlgNotAllowed) {
    return { outcome: 'bad_signature', reason: "The identity token's signature is not valid." };
  }
  return malformed;
}
