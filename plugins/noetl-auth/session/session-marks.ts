import type { Session } from './session.ts';

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
