import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  decodeMark,
  decodeRecord,
  encodeEnded,
  encodeLive,
  encodeMark,
  endedPrefix,
} from '../../../../server/stores/session-record.ts';
import { sessionOf } from '../../../support/session-fakes.ts';

const now = Date.UTC(2026, 0, 1);
const later = new Date(now + 1_000);

test('any session comes back as it was, and never looks ended', () => {
  const user = fc.record({
    userId: fc.string(),
    email: fc.option(fc.string(), { nil: undefined }),
    displayName: fc.string(),
    roles: fc.array(fc.string()),
  });
  fc.assert(
    fc.property(user, (who) => {
      const session = sessionOf(now, { user: who });
      const text = encodeLive(session, new Date(now), later);
      expect(text.startsWith(endedPrefix)).toBe(false);
      expect(decodeRecord(text, now)).toEqual({ state: 'live', session, checkedAt: new Date(now) });
    }),
  );
});

test('a tombstone begins as the scripts of stores expect', () => {
  expect(encodeEnded(later).startsWith(endedPrefix)).toBe(true);
  expect(decodeRecord(encodeEnded(later), now)).toEqual({ state: 'ended' });
});

test('a live record is a miss after its time; a tombstone is not', () => {
  expect(decodeRecord(encodeLive(sessionOf(now), new Date(now), later), later.getTime())).toBeUndefined();
  expect(decodeRecord(encodeEnded(later), later.getTime())).toEqual({ state: 'ended' });
});

describe('marks', () => {
  test('come back', () => {
    const mark = { userId: '7', notBefore: new Date(now), keepUntil: later };
    expect(decodeMark(encodeMark(mark))).toEqual(mark);
  });

  test.each(['', 'x', '{}', '{"notBefore":"1"}'])('%j is an error, never overlooked', (text) => {
    expect(() => decodeMark(text)).toThrow(expect.objectContaining({ code: 'ERR_STORE' }));
  });
});
