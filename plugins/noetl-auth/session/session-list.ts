import { hash } from 'node:crypto';
import { GatewayError } from '../../errors.ts';
import type { KeptSession, SessionStore } from '../../ports.ts';
import { isLive, type ListedSession, markNames, type OneSession } from './session.ts';
import { endSession, type SessionParts } from './session-check.ts';
import type { SessionKey } from './session-token.ts';

/** Of a user so many sessions are listed, those that began last. */
export const listedAtMost = 100;

/** Names a session in lists: 12 hex digits that lead back neither to its key nor to its token. */
export const listedId = (key: SessionKey): string => hash('sha256', `listed session\n${key}`).slice(0, 12);

/** @returns undefined: the store cannot list sessions. @throws ERR_STORE */
export async function listSessions(parts: SessionParts, userId: string): Promise<readonly ListedSession[] | undefined> {
  const found = await findSessions(parts, userId);
  return found?.map(({ key, session }) => ({ id: listedId(key), session }));
}

/** @returns false: the user has no such session. @throws ERR_STORE; ERR_REQUEST_INVALID: the store cannot list sessions */
export async function endListed(parts: SessionParts, { ofUser, session: id }: OneSession): Promise<boolean> {
  const found = await findSessions(parts, ofUser);
  if (found === undefined) {
    throw new GatewayError('ERR_REQUEST_INVALID', 'the session store cannot list sessions: end all of the user');
  }
  const one = found.find(({ key }) => listedId(key) === id);
  if (one === undefined) return false;
  await endSession(parts, one.key, one.session);
  return true;
}

async function findSessions({ store, memory, clock }: SessionParts, userId: string) {
  const kept = await liveSessionsOf(store, userId, clock());
  return kept?.filter(({ key, session }) => !memory.hasEnded(key, session));
}

/**
 * What a store lists, without what has expired, is covered by a mark, or belongs to another user whatever the store's index holds.
 * @returns undefined: the store cannot list sessions. @throws ERR_STORE
 */
export async function liveSessionsOf(
  store: SessionStore,
  userId: string,
  nowMs: number,
): Promise<readonly KeptSession[] | undefined> {
  if (store.sessionsOf === undefined) return undefined;
  const kept = await store.sessionsOf(userId);
  const own = kept.filter(({ session }) => session.user.userId === userId && isLive(session, nowMs));
  const names = [...new Set(own.flatMap(({ session }) => markNames(session)))];
  const marks = new Map(await Promise.all(names.map(async (name) => [name, await store.notBefore(name)] as const)));
  const isMarked = ({ session }: KeptSession): boolean =>
    markNames(session).some((name) => session.issuedAt <= (marks.get(name) ?? new Date(0)));
  return own.filter((one) => !isMarked(one)).slice(0, listedAtMost);
}
