import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRecordSeal } from '../../../../gateway/stores/record-seal.ts';
import {
  decodeMark,
  decodeRecord,
  encodeEnded,
  encodeLive,
  encodeMark,
  endedPrefix,
} from '../../../../gateway/stores/session-record.ts';
import { sessionOf } from '../../../support/session-fakes.ts';

const now = Date.UTC(2026, 0, 1);
const later = new Date(now + 1_000);
const seal = createRecordSeal([Buffer.alloc(32, 1).toString('base64')], 'test');
const decode = (text: string, nowMs: number) => decodeRecord(text, nowMs, 'place', seal);
const live = (session = sessionOf(now)) => seal.seal('place', encodeLive(session, new Date(now), later));

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
      const text = live(session);
      expect(text.startsWith(endedPrefix)).toBe(false);
      expect(decode(text, now)).toEqual({ state: 'live', session, checkedAt: new Date(now) });
    }),
  );
});

test('a tombstone begins as the scripts of stores expect', () => {
  expect(encodeEnded(later).startsWith(endedPrefix)).toBe(true);
  expect(decode(encodeEnded(later), now)).toEqual({ state: 'ended' });
});

test('a live record is a miss after its time; a tombstone is not', () => {
  expect(decode(live(), later.getTime())).toBeUndefined();
  expect(decode(encodeEnded(later), later.getTime())).toEqual({ state: 'ended' });
});

describe('a live record that is not of this deployment is no session', () => {
  const key = (fill: number) => Buffer.alloc(32, fill).toString('base64');
  const text = encodeLive(sessionOf(now), new Date(now), later);
  test.each([
    ['written by another program', text],
    ['with an invalid MAC', `${text}\nAAAA`],
    ['sealed with another key', createRecordSeal([key(2)], 'test').seal('place', text)],
    ['of another deployment with the same key', createRecordSeal([key(1)], 'other').seal('place', text)],
    ['copied from another place', seal.seal('another place', text)],
    ['changed', live().replace('"roles":[', '"roles":["admin",')],
  ])('%s', (_name, sealed) => {
    expect(sealed).not.toBe(live());
    expect(decode(sealed, now)).toBeUndefined();
  });

  test('while keys are exchanged both open, and the first one seals', () => {
    const old = createRecordSeal([key(1)], 'test');
    const both = createRecordSeal([key(2), key(1)], 'test');
    expect(both.open('place', old.seal('place', text))).toBe(text);
    expect(old.open('place', both.seal('place', text))).toBeUndefined();
    expect(createRecordSeal([key(2)], 'test').open('place', both.seal('place', text))).toBe(text);
  });

  test('an ending counts with any seal and with none', () => {
    for (const sealed of [encodeEnded(later), createRecordSeal([key(3)], 'x').seal('y', encodeEnded(later))]) {
      expect(decode(sealed, now)).toEqual({ state: 'ended' });
    }
  });

  test('a key that is made up opens only what it sealed', () => {
    const [one, two] = [createRecordSeal([], 'test'), createRecordSeal([], 'test')];
    expect(one.open('place', one.seal('place', text))).toBe(text);
    expect(two.open('place', one.seal('place', text))).toBeUndefined();
  });
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
