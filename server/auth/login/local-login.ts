import { randomBytes } from 'node:crypto';
import type { Clock } from '../../../core/clock.ts';
import type { Identity, LoginBackend, SessionValidator } from '../../../core/ports.ts';
import { parseSessionToken } from '../../../core/session/session-token.ts';
import { sessionEnd, sessionHours } from '../auth-workloads.ts';

export interface LocalLoginOptions {
  /** The claim with role names: its exact name, or a dotted path into nested claims. */
  readonly rolesClaim?: string;
  /** Translates the claim's values; one that is not here gives no role. Without a map the values are the roles. */
  readonly roleMap?: Readonly<Record<string, readonly string[]>>;
  /** For users who get no role otherwise. */
  readonly defaultRoles?: readonly string[];
  readonly trustedIssuers: readonly string[];
  readonly clock: Clock;
  readonly maxSessionMs: number;
}

/**
 * Issues sessions itself: a random token of 256 bits for a verified identity; no workflow is run and NoETL does not know
 * the session. The user's id is the token's subject; with several trusted issuers it is prefixed with the issuer, since
 * subjects are unique only there. An identity that was not verified (shadow mode) is refused: here nobody else decides.
 */
export function createLocalLogin(options: LocalLoginOptions): LoginBackend {
  const { clock, maxSessionMs, trustedIssuers } = options;
  return {
    async login(request, identity) {
      const token = parseSessionToken(`noetl-session-${randomBytes(32).toString('base64url')}`);
      if (identity.unverified === true || token === undefined) {
        return { outcome: 'rejected', reason: 'The identity token was not accepted.' };
      }
      const now = clock();
      const { subject, issuer, email, name } = identity;
      const user = {
        userId: trustedIssuers.length > 1 ? `${issuer}#${subject}` : subject,
        email,
        displayName: name ?? email ?? subject,
        roles: rolesOf(identity, options),
      };
      const expiresAt = sessionEnd(undefined, now, sessionHours(request, maxSessionMs));
      return { outcome: 'authenticated', token, session: { user, expiresAt, issuedAt: new Date(now) } };
    },
  };
}

/**
 * The validator beside the local login: a token that is not in the session store is no session. It must not be asked
 * about sessions that are in it (no revalidation), as nobody else knows them.
 */
export function createStoreOnlyValidator(): SessionValidator {
  return { validate: async () => undefined };
}

function rolesOf(identity: Identity, options: LocalLoginOptions): readonly string[] {
  const { rolesClaim, roleMap, defaultRoles = [] } = options;
  const claim = rolesClaim === undefined ? undefined : claimAt(identity.claims, rolesClaim);
  const named = (Array.isArray(claim) ? claim : [claim]).filter((role) => typeof role === 'string' && role !== '');
  const roles =
    roleMap === undefined ? named : named.flatMap((role) => (Object.hasOwn(roleMap, role) ? roleMap[role] : []));
  return roles.length === 0 ? defaultRoles : [...new Set(roles)];
}

function claimAt(claims: Readonly<Record<string, unknown>>, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name];
  let value: unknown = claims;
  for (const part of name.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[part];
  }
  return value;
}
