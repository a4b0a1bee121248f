import type { RawNumber } from '../../json/lossless-json.ts';

/** Who a session belongs to. `userId` is NoETL's id as text: 64-bit numbers stay exact. */
export interface User {
  readonly userId: string;
  readonly email: string | undefined;
  readonly displayName: string;
  readonly roles: readonly string[];
}

/** A user's id on the wire: a number when it is one, digit for digit. */
export type WireUserId = number | RawNumber | string;

/** The record behind a session token. The token itself is never part of it. */
export interface Session {
  readonly user: User;
  readonly expiresAt: Date;
  /** When the gateway first learned of it; compared with a user's "all sessions ended" mark. */
  readonly issuedAt: Date;
  /**
   * When the token's issuer would end it, which may be later than `expiresAt`; absent: not known. An ending by the
   * gateway is remembered at least until then, so that no validator can undo it.
   */
  readonly issuerExpiresAt?: Date;
  /** The gateway issued the token itself: no validator knows it, so no validator is asked again. */
  readonly selfIssued?: boolean;
  /** Whose login it came from; absent for a session that NoETL made without the gateway. */
  readonly identity?: SessionIdentity;
}

/** Who logged in, by the identity provider's names. Its logout ends the session by them. */
export interface SessionIdentity {
  readonly issuer: string;
  readonly subject: string;
  /** The session at the provider. */
  readonly sid?: string;
  readonly client?: string;
  /** A client that logged in for itself. */
  readonly isMachine?: boolean;
  /** The provider is asked again about this session after so many milliseconds. */
  readonly refreshMs?: number;
  /** The provider's tokens, sealed with the session token; see `session-token.ts`. */
  readonly sealed?: string;
}

/** The sealed tokens of a session: its access token, for asking the provider again, and its ID token, for the logout. */
export interface ProviderTokens {
  readonly access?: string | undefined;
  readonly id?: string | undefined;
}

/** A session as operators see it. */
export interface ListedSession {
  /** See `listedId` of `session-list.ts`. */
  readonly id: string;
  readonly session: Session;
}

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

/** Which sessions an ending is about. `sid`: one session at the provider; `client`: what an application logged in. */
export type SessionsOf =
  | { readonly userId: string }
  | { readonly issuer: string; readonly subject?: string; readonly sid?: string; readonly client?: string };

/** One session of a user, by the id that lists of sessions have. */
export interface OneSession {
  readonly session: string;
  readonly ofUser: string;
}

/** The sessions that an operator may end. */
export type EndTarget = SessionsOf | OneSession;

/**
 * The names by which a session can be ended together with others; an ending leaves a mark under a name, which covers all
 * sessions with that name that began before. A user's id is a name as it is; the others are JSON lists, which no user id
 * of NoETL is.
 */
export function markNames({ user, identity }: Session): readonly string[] {
  if (identity === undefined) return [user.userId];
  const { issuer, subject, sid, client } = identity;
  return [
    user.userId,
    name('issuer', issuer),
    name('subject', issuer, subject),
    sid === undefined ? name('subject without sid', issuer, subject) : name('sid', issuer, sid),
    ...(client === undefined ? [] : [name('client', issuer, client)]),
  ];
}

/**
 * The names to mark. With `subject` and `sid` it is the session at the provider, and those of the subject of which that
 * session is not known (OpenID Connect Back-Channel Logout 1.0, section 2.7).
 */
export function namesToMark(target: SessionsOf): readonly string[] {
  if ('userId' in target) return [target.userId];
  const { issuer, subject, sid, client } = target;
  if (client !== undefined) return [name('client', issuer, client)];
  if (sid !== undefined) {
    const unknown = subject === undefined ? [] : [name('subject without sid', issuer, subject)];
    return [name('sid', issuer, sid), ...unknown];
  }
  return [subject === undefined ? name('issuer', issuer) : name('subject', issuer, subject)];
}

const name = (...parts: readonly string[]): string => JSON.stringify(parts);
