import { hash } from 'node:crypto';
import { GatewayError } from '../../plugins/errors.ts';
import type { Session, SessionIdentity, User } from '../../plugins/noetl-auth/session/session.ts';
import type { StoredSession } from '../../plugins/ports.ts';
import { type RecordSeal, recordText } from './record-seal.ts';

/** Written first, and the same in every version: a reader of any version knows that the session is over. */
export const endedPrefix = '{"state":"ended"';

/** Version of a live record. A reader of another version takes what it cannot read for a miss, and NoETL is asked. */
const version = 1;

type Json = Readonly<Record<string, unknown>>;

/** A session as a shared store keeps it; the token is not part of it. */
export function encodeLive({ user, ...session }: Session, checkedAt: Date, keepUntil: Date): string {
  return JSON.stringify({
    state: 'live',
    user: { id: user.userId, email: user.email, name: user.displayName, roles: user.roles },
    expiresAt: session.expiresAt.getTime(),
    issuedAt: session.issuedAt.getTime(),
    issuerExpiresAt: session.issuerExpiresAt?.getTime(),
    selfIssued: session.selfIssued,
    identity: session.identity,
    checkedAt: checkedAt.getTime(),
    keepUntil: keepUntil.getTime(),
    v: version,
  });
}

/** A tombstone. */
export function encodeEnded(keepUntil: Date): string {
  return `${endedPrefix},"keepUntil":${keepUntil.getTime()},"v":${version}}`;
}

/** Until when a tombstone is kept; undefined: it is not one. */
export function endOf(text: string | undefined): Date | undefined {
  const record = text === undefined ? undefined : parseObject(recordText(text));
  return record?.['state'] === 'ended' ? dateOf(record['keepUntil']) : undefined;
}

/**
 * Reads what any version wrote. A live record that is not sealed by this deployment for this place is a miss, and so is one
 * of another version that this one cannot read. An ending counts with any seal: refusing is never wrong.
 * @throws ERR_STORE for anything else: taken for a miss, it could bring an ended session back.
 */
export function decodeRecord(
  sealed: string,
  nowMs: number,
  place: string,
  seal: RecordSeal,
): StoredSession | undefined {
  const record = parseObject(recordText(sealed));
  if (record?.['state'] === 'ended') return { state: 'ended' };
  if (record?.['state'] === 'live' && seal.open(place, sealed) === undefined) return undefined;
  const session = record === undefined ? undefined : sessionOf(record);
  const [checkedAt, keepUntil] = [dateOf(record?.['checkedAt']), dateOf(record?.['keepUntil'])];
  if (session !== undefined && checkedAt !== undefined && keepUntil !== undefined) {
    return nowMs < keepUntil.getTime() ? { state: 'live', session, checkedAt } : undefined;
  }
  if (record !== undefined && record['v'] !== version) return undefined;
  throw new GatewayError('ERR_STORE', 'a kept session cannot be read');
}

/** A user's "all sessions ended" mark. */
export interface UserMark {
  readonly userId: string;
  readonly notBefore: Date;
  readonly keepUntil: Date;
}

/** The mark as text. It has no seal: an ending of any writer counts, since refusing is never wrong. */
export function encodeMark({ userId, notBefore, keepUntil }: UserMark): string {
  return JSON.stringify({ userId, notBefore: notBefore.getTime(), keepUntil: keepUntil.getTime(), v: version });
}

/** @throws ERR_STORE when it cannot be read: a mark is never overlooked. */
export function decodeMark(text: string): UserMark {
  const record = parseObject(text);
  const userId = record?.['userId'];
  const [notBefore, keepUntil] = [dateOf(record?.['notBefore']), dateOf(record?.['keepUntil'])];
  if (typeof userId !== 'string' || notBefore === undefined || keepUntil === undefined) {
    throw new GatewayError('ERR_STORE', 'a kept mark cannot be read');
  }
  return { userId, notBefore, keepUntil };
}

/** A user's id as part of a key: ids come from outside and may hold anything. */
export const userKey = (userId: string): string => hash('sha256', userId);

/** @returns undefined: a member is missing or of another type */
function sessionOf(record: Json): Session | undefined {
  const user = userOf(record['user']);
  const [expiresAt, issuedAt] = [dateOf(record['expiresAt']), dateOf(record['issuedAt'])];
  if (user === undefined || expiresAt === undefined || issuedAt === undefined) return undefined;
  const issuerExpiresAt = dateOf(record['issuerExpiresAt']);
  return {
    user,
    expiresAt,
    issuedAt,
    ...(issuerExpiresAt === undefined ? {} : { issuerExpiresAt }),
    ...(record['selfIssued'] === true ? { selfIssued: true } : {}),
    ...identityOf(record['identity']),
  };
}

/** Nothing where it is incomplete: the session is then one that no provider is asked about. */
function identityOf(value: unknown): { readonly identity?: SessionIdentity } {
  if (!isObject(value)) return {};
  const { issuer, subject, sid, client, isMachine, refreshMs, sealed } = value;
  if (typeof issuer !== 'string' || typeof subject !== 'string') return {};
  return {
    identity: {
      issuer,
      subject,
      ...(typeof sid === 'string' && { sid }),
      ...(typeof client === 'string' && { client }),
      ...(isMachine === true && { isMachine }),
      ...(typeof refreshMs === 'number' && { refreshMs }),
      ...(typeof sealed === 'string' && { sealed }),
    },
  };
}

function userOf(value: unknown): User | undefined {
  if (!isObject(value)) return undefined;
  const { id, name, email, roles } = value;
  if (typeof id !== 'string' || typeof name !== 'string' || !isTextList(roles)) return undefined;
  return { userId: id, displayName: name, email: typeof email === 'string' ? email : undefined, roles };
}

const isTextList = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'string');

function dateOf(value: unknown): Date | undefined {
  if (typeof value !== 'number') return undefined;
  const date = new Date(value);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

/** @returns undefined: not a JSON object. */
function parseObject(text: string): Json | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
