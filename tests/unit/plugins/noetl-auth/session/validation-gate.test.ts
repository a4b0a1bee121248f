import { expect, test } from 'vitest';
import type { Session } from '../../../../../plugins/noetl-auth/session/session.ts';
import { createValidationGate } from '../../../../../plugins/noetl-auth/session/session-check.ts';
import { handClock, recorder, sessionOf, settle } from '../../../../support/session-fakes.ts';

function setup(atOnce: number, waiting: number) {
  const clock = handClock();
  const log = recorder();
  const gate = createValidationGate({ atOnce, waiting, clock, observe: log.observe });
  const started: string[] = [];
  const finish = new Map<string, (session: Session | undefined) => void>();
  const run = (name: string, kind: 'known' | 'unknown' = 'unknown') =>
    gate
      .run(kind, () => {
        started.push(name);
        return new Promise<Session | undefined>((done) => finish.set(name, done));
      })
      .then(
        (session) => (session === undefined ? 'invalid' : 'valid'),
        (error: { code?: string }) => error.code,
      );
  return { clock, log, gate, run, started, finish };
}

test('so many at once, so many waiting, in order; the rest is shed', async () => {
  const { run, started, finish, log } = setup(1, 2);
  const answers = [run('a'), run('b'), run('c'), run('d')];
  await settle();
  expect(started).toEqual(['a']);
  expect(await answers[3]).toBe('ERR_OVERLOADED');
  for (const name of ['a', 'b', 'c']) {
    finish.get(name)?.(sessionOf(0));
    await settle();
  }
  expect(started).toEqual(['a', 'b', 'c']);
  expect(await Promise.all(answers.slice(0, 3))).toEqual(['valid', 'valid', 'valid']);
  const states = log.events.flatMap((event) => (event.type === 'validation' ? [event.state] : []));
  expect(states.filter((state) => state === 'waiting')).toHaveLength(2);
  expect(states.filter((state) => state === 'resumed')).toHaveLength(2);
  expect(states.filter((state) => state === 'started')).toHaveLength(3);
  expect(states.filter((state) => state === 'finished')).toHaveLength(3);
});

test('known sessions go first, and have room of their own', async () => {
  const { run, started, finish } = setup(1, 1);
  const first = run('a');
  const guess = run('guess');
  const known = run('known', 'known');
  const second = run('second', 'known');
  await settle();
  expect(await second).toBe('ERR_OVERLOADED');
  finish.get('a')?.(sessionOf(0));
  await settle();
  expect(started).toEqual(['a', 'known']);
  finish.get('known')?.(sessionOf(0));
  await settle();
  finish.get('guess')?.(undefined);
  expect(await Promise.all([first, known, guess])).toEqual(['valid', 'valid', 'invalid']);
});

test('wrong guesses take up room for two seconds; right ones and known sessions do not', async () => {
  const { gate, clock } = setup(1, 1);
  const invalid = () => gate.run('unknown', async () => undefined);
  const valid = () => gate.run('unknown', async () => sessionOf(0));
  for (let n = 0; n < 5; n += 1) await valid();
  for (let n = 0; n < 5; n += 1) await gate.run('known', async () => undefined);
  await invalid();
  await invalid();
  await expect(valid()).rejects.toMatchObject({ code: 'ERR_OVERLOADED', retryAfterSecs: 2 });
  await gate.run('known', async () => sessionOf(0));
  clock.advance(2_000);
  expect(await valid()).toBeDefined();
});

test('a validation that fails gives its place back', async () => {
  const { gate } = setup(1, 0);
  for (let n = 0; n < 3; n += 1) {
    await expect(gate.run('unknown', () => Promise.reject(new Error('out')))).rejects.toThrow('out');
  }
});
