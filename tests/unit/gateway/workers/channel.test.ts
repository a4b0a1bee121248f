import { describe, expect, test } from 'vitest';
import { handlersOf, openChannel, remoteOf } from '../../../../gateway/workers/channel.ts';
import { GatewayError } from '../../../../plugins/errors.ts';
import { channelPair, wirePair } from '../../../support/wires.ts';

describe('a channel between two processes', () => {
  test('calls in both directions, with dates and absent values as they were', async () => {
    const [one, two] = channelPair();
    one.handle({ same: (value: unknown) => value });
    two.handle({ twice: (n: number) => n * 2 });
    const value = { at: new Date(5), none: undefined, all: new Map([['a', '1']]) };
    expect(await two.ask('same', [value])).toEqual(value);
    expect(await Promise.all([1, 2, 3].map((n) => one.ask('twice', [n])))).toEqual([2, 4, 6]);
  });

  test('an error of ours arrives with its code and time; the rest of it, and other errors, stay where they are', async () => {
    const [one, two] = channelPair();
    const rateLimit = { policy: 'login', quota: 1, windowSecs: 60, remaining: 0, resetSecs: 7 };
    one.handle({
      refused() {
        throw new GatewayError('ERR_RATE_LIMITED', 'slower', {
          retryAfterSecs: 7,
          rateLimit,
          cause: new Error('secret'),
        });
      },
      async broken() {
        throw new Error('secret');
      },
    });
    const refused = await two.ask('refused', []).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'ERR_RATE_LIMITED', message: 'slower', retryAfterSecs: 7, rateLimit });
    expect((refused as Error).cause).toBeUndefined();
    const broken = await two.ask('broken', []).catch((error: unknown) => error);
    expect(broken).toMatchObject({ code: 'ERR_INTERNAL' });
    expect(String(broken)).not.toContain('secret');
    await expect(two.ask('unknown', [])).rejects.toMatchObject({ code: 'ERR_INTERNAL' });
  });

  test('a side that is silent or has gone is ERR_STORE, and what needs no answer is lost without an error', async () => {
    const [one, two] = wirePair();
    const channel = openChannel(one);
    openChannel(two).handle({ never: () => new Promise(() => {}) });
    await expect(channel.ask('never', [], 5)).rejects.toMatchObject({ code: 'ERR_STORE' });
    const pair = wirePair();
    const cut = openChannel(pair[0]);
    pair.cut();
    await expect(cut.ask('any', [], 60_000)).rejects.toMatchObject({ code: 'ERR_STORE' });
    expect(() => cut.tell('any')).not.toThrow();
  });

  test('a handler that fails does not end the process that runs it', async () => {
    const [one, two] = channelPair();
    let calls = 0;
    two.handle({
      fails() {
        calls += 1;
        throw new Error('no');
      },
      calls: () => calls,
    });
    one.tell('fails');
    one.tell('unknown');
    expect(await one.ask('calls', [])).toBe(1);
  });

  test('the methods of an object run at the other side', async () => {
    const [one, two] = channelPair();
    const counter = { n: 1, add: async (by: number) => (counter.n += by), secret: async () => 'no' };
    one.handle(handlersOf('counter', counter, ['add']));
    const remote = remoteOf<typeof counter, 'add' | 'secret'>('counter', two, ['add', 'secret']);
    expect(await remote.add(4)).toBe(5);
    await expect(remote.secret()).rejects.toMatchObject({ code: 'ERR_INTERNAL' });
  });
});
