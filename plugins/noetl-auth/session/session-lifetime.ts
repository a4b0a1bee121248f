import type { Session } from './session.ts';

/** For how long an ending is remembered at most, after the session's end or a user's "all sessions ended" mark. */
export const endingsKeptMs = 30 * 24 * 3_600_000;

/** Clocks of replicas and of the session's issuer may differ by this much. */
const skewMs = 60_000;

/** An invalid date counts as expired. */
export function isLive(session: Session, nowMs: number): boolean {
  return nowMs < session.expiresAt.getTime();
}

/** The same session, over `maxMs` after it was first known at the latest. */
export function capSession(session: Session, maxMs: number): Session {
  const capMs = session.issuedAt.getTime() + maxMs;
  return session.expiresAt.getTime() > capMs ? { ...session, expiresAt: new Date(capMs) } : session;
}

/**
 * Until when a store must know the session, live or ended. What the gateway has ended may still be alive for its
 * issuer: until its issuer's own end where that is known (at most {@link endingsKeptMs} longer), else `maxMs` longer.
 */
export function keptUntil(session: Session, maxMs: number): Date {
  const endMs = session.expiresAt.getTime();
  if (session.selfIssued === true) return new Date(endMs + skewMs);
  const knownEndMs = session.issuerExpiresAt?.getTime() ?? Number.NaN;
  if (Number.isNaN(knownEndMs)) return new Date(endMs + maxMs + skewMs);
  const issuerEndMs = Math.min(knownEndMs, endMs + endingsKeptMs);
  return new Date(Math.max(endMs, issuerEndMs) + skewMs);
}
