import { describe, expect, test } from 'vitest';
import { markNames, namesToMark } from '../../../../../plugins/noetl-auth/session/session.ts';
import { createSessionMemory } from '../../../../../plugins/noetl-auth/session/session-cache.ts';
import { sessionKey } from '../../../../../plugins/noetl-auth/session/session-token.ts';
import { handClock, sessionOf, tokenOf } from '../../../../support/session-fakes.ts';

const issuer = 'https://id.example.com/';

describe('names of a session', () => {
  test('without a provider: the user', () => {
    expect(markNames(sessionOf(0))).toEqual(['7']);
  });

  test.each([
    [
      {},
      [
        ['issuer', issuer],
        ['subject', issuer, 'ada'],
        ['subject without sid', issuer, 'ada'],
      ],
    ],
    [
      { sid: 's1' },
      [
        ['issuer', issuer],
        ['subject', issuer, 'ada'],
        ['sid', issuer, 's1'],
      ],
    ],
    [
      { client: 'app' },
      [
        ['issuer', issuer],
        ['subject', issuer, 'ada'],
        ['subject without sid', issuer, 'ada'],
        ['client', issuer, 'app'],
      ],
    ],
  ])('with %j', (more, want) => {
    const names = markNames(sessionOf(0, { identity: { issuer, subject: 'ada', ...more } }));
    expect(names[0]).toBe('7');
    expect(names.slice(1).map((name) => JSON.parse(name) as unknown)).toEqual(want);
  });
});

test.each([
  ['an issuer', { issuer }, [['issuer', issuer]]],
  ['a subject', { issuer, subject: 'ada' }, [['subject', issuer, 'ada']]],
  ['a session at the provider', { issuer, sid: 's1' }, [['sid', issuer, 's1']]],
  // Section 2.7 of the Back-Channel Logout: also those of the subject of which the session is not known.
  [
    'both',
    { issuer, subject: 'ada', sid: 's1' },
    [
      ['sid', issuer, 's1'],
      ['subject without sid', issuer, 'ada'],
    ],
  ],
  ['a client', { issuer, client: 'app' }, [['client', issuer, 'app']]],
])('names to mark for %s', (_name, target, want) => {
  expect(namesToMark(target).map((name) => JSON.parse(name) as unknown)).toEqual(want);
});

describe('what a process remembers', () => {
  const key = sessionKey(tokenOf('noetl-session-a1b2c3'));
  const setup = (change = {}) => {
    const clock = handClock();
    const memory = createSessionMemory({ clock, cacheTtlMs: 5_000, cacheSize: 10, invalidTtlMs: 10_000, ...change });
    const session = sessionOf(clock());
    return { clock, memory, session, known: { session, checkedAtMs: clock() } };
  };

  test('a session, for its time', () => {
    const { clock, memory, known } = setup();
    memory.keep(key, known);
    expect(memory.recall(key)).toBe(known);
    clock.advance(4_999);
    expect(memory.recall(key)).toBe(known);
    clock.advance(1);
    expect(memory.recall(key)).toBeUndefined();
  });

  test('an invalid token, for its time; one that is kept again is valid, and a refused one is forgotten', () => {
    const { clock, memory, known } = setup();
    memory.keep(key, known);
    memory.refuse(key);
    expect([memory.isInvalid(key), memory.recall(key)]).toEqual([true, undefined]);
    clock.advance(10_000);
    expect(memory.isInvalid(key)).toBe(false);
    memory.refuse(key);
    memory.keep(key, known);
    expect([memory.isInvalid(key), memory.recall(key)]).toEqual([false, known]);
  });

  test('as many as it may, and one at least', () => {
    const keys = ['a', 'b', 'c'].map((name) => sessionKey(tokenOf(`noetl-session-${name}`)));
    const kept = (cacheSize: number) => {
      const { memory, known } = setup({ cacheSize });
      for (const one of keys) memory.keep(one, known);
      return keys.filter((one) => memory.recall(one) !== undefined).length;
    };
    expect([kept(3), kept(2), kept(0)]).toEqual([3, 2, 1]);
  });

  test('endings: of a key for good, of a name for sessions up to then, of all what was kept', () => {
    const { clock, memory, session, known } = setup();
    const later = sessionOf(clock() + 1);
    expect(memory.hasEnded(key, session)).toBe(false);
    memory.noteEnding({ userId: '7', notBefore: new Date(clock()) });
    expect([memory.hasEnded(key, session), memory.hasEnded(key, later)]).toEqual([true, false]);
    // An older mark takes nothing back.
    memory.noteEnding({ userId: '7', notBefore: new Date(clock() - 1_000) });
    expect(memory.hasEnded(key, session)).toBe(true);
    memory.noteEnding({ key });
    expect(memory.hasEnded(key, later)).toBe(true);
    const other = sessionOf(clock(), { userId: '8' });
    expect(memory.hasEnded(sessionKey(tokenOf('noetl-session-other')), other)).toBe(false);
    memory.keep(key, known);
    memory.noteEnding({ all: true } as unknown as Parameters<typeof memory.noteEnding>[0]);
    expect(memory.recall(key)).toBeUndefined();
  });

  test('a session from the beginning of time is not ended by no mark', () => {
    const { memory } = setup();
    expect(memory.hasEnded(key, sessionOf(0))).toBe(false);
  });

  test('whom it may ask again, and when', () => {
    const { clock, memory } = setup();
    expect(memory.mayAsk(key)).toBe(true);
    memory.askAgainIn(key, 100);
    clock.advance(99);
    expect(memory.mayAsk(key)).toBe(false);
    clock.advance(1);
    expect(memory.mayAsk(key)).toBe(true);
  });
});
