import { randomBytes } from 'node:crypto';
import type { Clock } from '../../../core/clock.ts';
import type { Identity, LoginBackend, SessionValidator } from '../../../core/ports.ts';
import { parseSessionToken } from '../../../core/session/session-token.ts';
import { sessionEnd, sessionHours } from '../auth-workloads.ts';

export interface LocalLoginOptions {
  readonly clock: Clock;
  readonly maxSessionMs: number;
}

/**
 * Issues sessions itself: a random token of 256 bits for a verified identity; no workflow is run and NoETL does not know
 * the session. Roles are those that the issuer's entry gives. The user's id is issuer and subject, whether or not there
 * are other issuers: subjects are unique only there, and a second issuer must rename no user. An identity that was not
 * verified (shadow mode) is refused: there is no other party that decides here.
 */
export function createLocalLogin({ clock, maxSessionMs }: LocalLoginOptions): LoginBackend {
  return {
    async login(request, identity) {
      const token = parseSessionToken(`noetl-session-${randomBytes(32).toString('base64url')}`);
      if (identity.unverified === true || token === undefined) {
        return { outcome: 'rejected', reason: 'The identity token was not accepted.', code: 'unverified' };
      }
      const now = clock();
      const { subject, email, name, roles } = identity;
      const user = { userId: localUserId(identity), email, displayName: name ?? email ?? subject, roles };
      const expiresAt = sessionEnd(undefined, now, sessionHours(request, maxSessionMs));
      const session = { user, expiresAt, issuedAt: new Date(now), selfIssued: true };
      return { outcome: 'authenticated', token, session };
    },
  };
}

/** The id of a user whose sessions the gateway issues. */
export const localUserId = ({ issuer, subject }: Pick<Identity, 'issuer' | 'subject'>): string =>
  `${issuer}#${subject}`;

/**
 * The validator beside the local login: a token that is not in the session store is invalid. It must not be asked
 * about sessions that are in it (no revalidation), since no other system knows them.
 */
export function createStoreOnlyValidator(): SessionValidator {
  return { validate: async () => undefined };
}
