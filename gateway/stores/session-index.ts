import type { Session } from '../../plugins/noetl-auth/session/session.ts';
import { listedAtMost } from '../../plugins/noetl-auth/session/session-list.ts';
import type { SessionKey } from '../../plugins/noetl-auth/session/session-token.ts';
import type { KeptSession, SessionStore } from '../../plugins/ports.ts';

/** The entry of one session in a user's index; milliseconds. It proves nothing: the record behind the key does. */
export interface IndexEntry {
  readonly key: SessionKey;
  readonly issuedAtMs: number;
  readonly expiresAtMs: number;
}

const keyForm = /^[0-9a-f]{64}$/;
const valueForm = /^(\d{1,15}) (\d{1,15})$/;

/** The text of an entry, the same in every store. */
export const entryText = ({ issuedAt, expiresAt }: Session): string =>
  `${Math.max(0, issuedAt.getTime())} ${Math.max(0, expiresAt.getTime())}`;

/** @returns undefined for what is not an entry */
function readEntry(key: string, text: string): IndexEntry | undefined {
  const [, issuedAt, expiresAt] = valueForm.exec(text) ?? [];
  if (!keyForm.test(key) || issuedAt === undefined || expiresAt === undefined) return undefined;
  return { key: key as SessionKey, issuedAtMs: Number(issuedAt), expiresAtMs: Number(expiresAt) };
}

/** The entries of an index, by the key of the session; what is not an entry is left out. */
export const readEntries = (fields: Readonly<Record<string, string>>): readonly IndexEntry[] =>
  Object.entries(fields).flatMap(([key, text]) => readEntry(key, text) ?? []);

/** Of the entries those that have not expired, latest first, as many as are listed. */
export const newestEntries = (entries: readonly IndexEntry[], nowMs: number): readonly IndexEntry[] =>
  entries
    .filter(({ expiresAtMs }) => nowMs < expiresAtMs)
    .toSorted((a, b) => b.issuedAtMs - a.issuedAtMs)
    .slice(0, listedAtMost);

/**
 * Reads the record behind each entry, with its seal: what the index holds of a session that is over, was never there or belongs to
 * another user is left out.
 * @throws ERR_STORE when a record cannot be read
 */
export async function sessionsBehind(
  entries: readonly IndexEntry[],
  userId: string,
  get: SessionStore['get'],
): Promise<readonly KeptSession[]> {
  const kept = await Promise.all(entries.map(async ({ key }) => ({ key, stored: await get(key) })));
  const own = kept.flatMap(({ key, stored }) =>
    stored?.state === 'live' && stored.session.user.userId === userId ? [{ key, session: stored.session }] : [],
  );
  return own.toSorted((a, b) => b.session.issuedAt.getTime() - a.session.issuedAt.getTime());
}
