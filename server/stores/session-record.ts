import { hash } from 'node:crypto';
import { z } from 'zod';
import { GatewayError } from '../../core/errors.ts';
import type { StoredSession } from '../../core/ports.ts';
import type { Session } from '../../core/session/session.ts';

/** Written first, and the same in every version: whoever reads it knows that the session is over. */
export const endedPrefix = '{"state":"ended"';

const version = 1;
const milliseconds = z.number().int().nonnegative();

const liveRecord = z.object({
  state: z.literal('live'),
  user: z.object({ id: z.string(), email: z.string().optional(), name: z.string(), roles: z.array(z.string()) }),
  expiresAt: milliseconds,
  issuedAt: milliseconds,
  issuerExpiresAt: milliseconds.optional(),
  selfIssued: z.boolean().optional(),
  checkedAt: milliseconds,
  keepUntil: milliseconds,
});

const endedRecord = z.object({ state: z.literal('ended') });
const anyRecord = z.object({ v: z.unknown().optional() });

const markRecord = z.object({ userId: z.string(), notBefore: milliseconds, keepUntil: milliseconds });

/** A session as a shared store keeps it; the token is not part of it. */
export function encodeLive({ user, ...session }: Session, checkedAt: Date, keepUntil: Date): string {
  const record: z.infer<typeof liveRecord> = {
    state: 'live',
    user: { id: user.userId, email: user.email, name: user.displayName, roles: [...user.roles] },
    expiresAt: session.expiresAt.getTime(),
    issuedAt: session.issuedAt.getTime(),
    issuerExpiresAt: session.issuerExpiresAt?.getTime(),
    selfIssued: session.selfIssued,
    checkedAt: checkedAt.getTime(),
    keepUntil: keepUntil.getTime(),
  };
  return JSON.stringify({ ...record, v: version });
}

/** A tombstone. */
export function encodeEnded(keepUntil: Date): string {
  return `${endedPrefix},"keepUntil":${keepUntil.getTime()},"v":${version}}`;
}

/**
 * Reads what any version wrote. A live record of another version that this one cannot read is a miss.
 * @throws ERR_STORE for anything else: taken for a miss, it could bring an ended session back.
 */
export function decodeRecord(text: string, nowMs: number): StoredSession | undefined {
  const value = parseJson(text);
  if (endedRecord.safeParse(value).success) return { state: 'ended' };
  const live = liveRecord.safeParse(value);
  if (live.success) return nowMs < live.data.keepUntil ? toStored(live.data) : undefined;
  const other = anyRecord.safeParse(value);
  if (other.success && other.data.v !== version) return undefined;
  throw new GatewayError('ERR_STORE', 'a kept session cannot be read');
}

/** A user's "all sessions ended" mark. */
export interface UserMark {
  readonly userId: string;
  readonly notBefore: Date;
  readonly keepUntil: Date;
}

export function encodeMark({ userId, notBefore, keepUntil }: UserMark): string {
  return JSON.stringify({ userId, notBefore: notBefore.getTime(), keepUntil: keepUntil.getTime(), v: version });
}

/** @throws ERR_STORE when it cannot be read: a mark is never overlooked. */
export function decodeMark(text: string): UserMark {
  const mark = markRecord.safeParse(parseJson(text));
  if (!mark.success) throw new GatewayError('ERR_STORE', 'a kept mark cannot be read');
  const { userId, notBefore, keepUntil } = mark.data;
  return { userId, notBefore: new Date(notBefore), keepUntil: new Date(keepUntil) };
}

/** A user's id as part of a key: ids come from outside and may hold anything. */
export const userKey = (userId: string): string => hash('sha256', userId);

function toStored(record: z.infer<typeof liveRecord>): StoredSession {
  const { user, expiresAt, issuedAt, issuerExpiresAt, selfIssued, checkedAt } = record;
  const session: Session = {
    user: { userId: user.id, email: user.email, displayName: user.name, roles: user.roles },
    expiresAt: new Date(expiresAt),
    issuedAt: new Date(issuedAt),
    ...(issuerExpiresAt === undefined ? {} : { issuerExpiresAt: new Date(issuerExpiresAt) }),
    ...(selfIssued === undefined ? {} : { selfIssued }),
  };
  return { state: 'live', session, checkedAt: new Date(checkedAt) };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new GatewayError('ERR_STORE', 'a kept session cannot be read', { cause });
  }
}
