import type { Clock } from '../../plugins/clock.ts';
import type { Session } from '../../plugins/noetl-auth/session/session.ts';
import { listedAtMost } from '../../plugins/noetl-auth/session/session-list.ts';
import type { SessionKey } from '../../plugins/noetl-auth/session/session-token.ts';
import type { Ending, KeptSession, SessionStore } from '../../plugins/ports.ts';
import type { RecordSeal } from './record-seal.ts';
import { decodeMark, decodeRecord, encodeEnded, encodeLive, encodeMark, endOf, userKey } from './session-record.ts';
import type { Notice, SharedStore } from './shared-store.ts';

export interface SessionStoreOptions {
  readonly clock: Clock;
  /** Of live records. */
  readonly seal: RecordSeal;
}

const sessionName = (key: SessionKey) => `session.${key}`;
const markName = (userId: string) => `user.${userKey(userId)}`;
/** The sessions of a user, by their keys. It proves nothing: the record behind a key does. */
const indexName = (userId: string) => `sessions-of.${userKey(userId)}`;
const keyForm = /^[0-9a-f]{64}$/;

/**
 * Sessions above a {@link SharedStore}: a record for each, which an ending replaces by a tombstone; a mark for each user whose sessions
 * were ended; and an index of each user's sessions.
 */
export function createSessionStore(store: SharedStore, { clock, seal }: SessionStoreOptions): SessionStore {
  const decode = (text: string, name: string) => decodeRecord(text, clock(), store.keyOf(name), seal);
  const get: SessionStore['get'] = async (key) => {
    const text = await store.get(sessionName(key));
    return text === undefined ? undefined : decode(text, sessionName(key));
  };

  return {
    get,
    async put(key, session, checkedAt, keepUntil) {
      const name = sessionName(key);
      const text = seal.seal(store.keyOf(name), encodeLive(session, checkedAt, keepUntil));
      const isEnded = (held: string | undefined) => held !== undefined && decode(held, name)?.state === 'ended';
      const decide = (held: string | undefined) => (isEnded(held) ? undefined : text);
      const isKept = await store.change(name, keepUntil, decide, { evictable: true });
      if (isKept) await addToIndex(store, key, session);
      return isKept;
    },
    // Over any present entry: an ending is never refused by another writer.
    async end(key, until, userId) {
      const name = sessionName(key);
      // Never shorter than before: another writer may know of a session that lives longer.
      const before = await store.get(name).then(endOf, () => undefined);
      const last = before !== undefined && before > until ? before : until;
      await store.set(name, encodeEnded(last), last, { notify: true });
      if (userId !== undefined) await store.drop(indexName(userId), key).catch(() => {});
    },
    async endAllOf(userId, notBefore, keepUntil) {
      const text = encodeMark({ userId, notBefore, keepUntil });
      // The later mark stays: endings can arrive in another order than they were made.
      const isLater = (held: string | undefined) => held === undefined || decodeMark(held).notBefore < notBefore;
      const decide = (held: string | undefined) => (isLater(held) ? text : undefined);
      await store.change(markName(userId), keepUntil, decide, { notify: true });
    },
    async notBefore(userId) {
      const text = await store.get(markName(userId));
      const mark = text === undefined ? undefined : decodeMark(text);
      return mark !== undefined && clock() < mark.keepUntil.getTime() ? mark.notBefore : undefined;
    },
    claim: (name, until) =>
      // Over at its own time, also in a server that keeps it for longer.
      store.change(`claim.${userKey(name)}`, until, (held) =>
        held === undefined || isPast(held, clock()) ? String(until.getTime()) : undefined,
      ),
    sessionsOf: async (userId) => sessionsIn(await store.members(indexName(userId)), userId, get),
    onEnded: (listener) =>
      store.onNotice((notice) => {
        const ending = endingOf(notice, decode);
        if (ending !== undefined) listener(ending);
      }),
    ping: store.ping,
    close: store.close,
  };
}

/** Claims of earlier releases in Redis are a `1`, which is no time. */
const isPast = (held: string, nowMs: number): boolean => /^\d{12,16}$/.test(held) && Number(held) <= nowMs;

/** Without its entry a session is missing in a list, and nothing else: a failure must not refuse it. */
async function addToIndex(store: SharedStore, key: SessionKey, { user, issuedAt, expiresAt }: Session): Promise<void> {
  if (Number.isNaN(expiresAt.getTime())) return;
  const text = String(Math.max(0, issuedAt.getTime()));
  await store.add(indexName(user.userId), key, text, expiresAt).catch(() => {});
}

/**
 * Reads the record behind each entry, with its seal: what the index holds of a session that is over, was never there or belongs to
 * another user is left out. @throws ERR_STORE when a record cannot be read
 */
async function sessionsIn(
  index: ReadonlyMap<string, string>,
  userId: string,
  get: SessionStore['get'],
): Promise<readonly KeptSession[]> {
  const newest = [...index]
    .filter(([key, issuedAt]) => keyForm.test(key) && /^\d{1,15}$/.test(issuedAt))
    .toSorted(([, a], [, b]) => Number(b) - Number(a))
    .slice(0, listedAtMost);
  const kept = await Promise.all(
    newest.map(async ([text]) => {
      const key = text as SessionKey;
      return { key, stored: await get(key) };
    }),
  );
  const own = kept.flatMap(({ key, stored }) =>
    stored?.state === 'live' && stored.session.user.userId === userId ? [{ key, session: stored.session }] : [],
  );
  return own.toSorted((a, b) => b.session.issuedAt.getTime() - a.session.issuedAt.getTime());
}

/** @returns undefined: not an ending. What cannot be read may have been one. */
function endingOf(
  notice: Notice,
  decode: (text: string, name: string) => { readonly state: string } | undefined,
): Ending | undefined {
  if ('missed' in notice) return notice;
  const { name, text = '' } = notice;
  try {
    if (name.startsWith('user.')) {
      const { userId, notBefore } = decodeMark(text);
      return { userId, notBefore };
    }
    if (!name.startsWith('session.') || decode(text, name)?.state !== 'ended') return undefined;
    return { key: name.slice('session.'.length) as SessionKey };
  } catch {
    return { missed: true };
  }
}
