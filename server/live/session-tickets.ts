import { randomBytes } from 'node:crypto';
import type { Clock } from '../../core/clock.ts';
import type { SessionStore } from '../../core/ports.ts';
import { seal, unseal } from '../../core/session/sealed.ts';
import type { Session } from '../../core/session/session.ts';
import { parseSessionToken, type SessionToken, sessionKey } from '../../core/session/session-token.ts';

/** Tickets that open one stream: browsers' EventSource cannot send headers, and addresses end in logs. */
export interface SessionTickets {
  /** @throws ERR_STORE */
  issue(token: SessionToken, session: Session): Promise<{ readonly ticket: string; readonly expiresAt: Date }>;
  /** @returns the session's token; undefined: not a ticket, used before, or too old. @throws ERR_STORE */
  redeem(ticket: string): Promise<SessionToken | undefined>;
}

/**
 * Keeps tickets in the session store, for any replica, as login codes are: the session token is sealed with the ticket,
 * which is kept nowhere, and the record is not a session.
 */
export function createSessionTickets(store: SessionStore, lifeMs: number, clock: Clock): SessionTickets {
  // No token has a blank, so no caller reaches a ticket by sending a token.
  const keyOf = (ticket: string) => sessionKey(`stream ticket ${ticket}` as SessionToken);
  return {
    async issue(token, session) {
      const ticket = randomBytes(32).toString('base64url');
      const sealed = seal(ticket as SessionToken, token);
      const { issuer = '', subject = '' } = session.identity ?? {};
      // Over from the start: a reader that takes it for a session gets one that has ended.
      const record = { ...session, expiresAt: new Date(0), identity: { issuer, subject, sealed } };
      const expiresAt = new Date(clock() + lifeMs);
      await store.put(keyOf(ticket), record, new Date(clock()), expiresAt);
      return { ticket, expiresAt };
    },
    async redeem(ticket) {
      if (!/^[\w-]{43}$/.test(ticket)) return undefined;
      const stored = await store.get(keyOf(ticket));
      const sealed = stored?.state === 'live' ? stored.session.identity?.sealed : undefined;
      const token = sealed === undefined ? undefined : unseal(ticket as SessionToken, sealed);
      if (token === undefined) return undefined;
      // Of two replicas that redeem it at once, one gets the token. The mark outlives the ticket.
      const isFirst = await store.claim?.(`stream ticket ${keyOf(ticket)}`, new Date(clock() + 2 * lifeMs));
      return isFirst === true ? parseSessionToken(token) : undefined;
    },
  };
}
