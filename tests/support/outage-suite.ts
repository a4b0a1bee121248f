import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encodeLive } from '../../gateway/stores/session-record.ts';
import { GatewayError } from '../../plugins/errors.ts';
import { type SessionKey, sessionKey } from '../../plugins/noetl-auth/session/session-token.ts';
import type { Ending, SessionStore } from '../../plugins/ports.ts';
import { type ChildServer, eventually } from './child-server.ts';
import { hourMs, sessionOf, tokenOf } from './session-fakes.ts';
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts';

export interface OutageOptions {
  readonly start: () => Promise<ChildServer>;
  /** A store whose commands may take half a second, on that port. */
  readonly open: (port: number) => SessionStore;
  /** Writes a value under a session's key: as it is, or sealed by {@link testSeal}. */
  readonly write: (port: number, key: SessionKey, text: string, how?: 'sealed') => Promise<void>;
}

const inAnHour = () => new Date(Date.now() + hourMs);
const newKey = () => sessionKey(tokenOf(randomUUID()));

const outcome = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => (error instanceof GatewayError ? error.code : error),
  );

/** The outcome, or `late` when a timer of that time, which a busy machine delays as well, is over before. */
const outcomeWithin = (ms: number, work: Promise<unknown>): Promise<unknown> =>
  Promise.race([outcome(work), delay(ms, 'late', { ref: false })]);

/** What a shared store does when its server does not do what it should. */
export function describeOutages(name: string, options: OutageOptions): void {
  describe(`${name} in trouble`, () => {
    let server: ChildServer;
    let proxy: TcpProxy;
    let store: SessionStore;
    const received: Ending[] = [];

    const works = () => outcome(store.ping()).then((code) => code === undefined);
    beforeAll(async () => {
      server = await options.start();
      proxy = await startTcpProxy(server.port);
      store = options.open(proxy.port);
      store.onEnded((ending) => void received.push(ending));
      await eventually(works);
    });
    afterAll(async () => {
      await store.close();
      await proxy.close();
      await server.remove();
    });

    test('server restarted mid-run: 503 meanwhile, everything there afterwards, endings received again', async () => {
      const [live, ended] = [newKey(), newKey()];
      await store.put(live, sessionOf(Date.now()), new Date(), inAnHour());
      await store.end(ended, inAnHour());
      await server.stop();
      expect(await outcome(store.get(live))).toBe('ERR_STORE');
      expect(await outcome(store.get(ended))).toBe('ERR_STORE');
      await server.start();
      received.length = 0;
      await eventually(works);
      expect(await store.get(live)).toMatchObject({ state: 'live' });
      expect(await store.get(ended)).toEqual({ state: 'ended' });
      await store.end(live, inAnHour());
      await eventually(() => received.some((ending) => 'key' in ending && ending.key === live), 1_000);
      expect(received).toContainEqual({ missed: true });
    });

    test('connection lost: at once 503, for everything; back: as before, and missed endings are reported', async () => {
      const key = newKey();
      await store.put(key, sessionOf(Date.now()), new Date(), inAnHour());
      received.length = 0;
      proxy.refuse(true);
      await eventually(async () => (await outcomeWithin(50, store.get(key))) === 'ERR_STORE');
      for (const work of [
        store.get(key),
        store.put(key, sessionOf(Date.now()), new Date(), inAnHour()),
        store.end(key, inAnHour()),
        store.endAllOf('7', new Date(), inAnHour()),
        store.notBefore('7'),
        store.sessionsOf?.('7') ?? store.ping(),
        store.ping(),
      ]) {
        expect(await outcomeWithin(200, work)).toBe('ERR_STORE');
      }
      proxy.refuse(false);
      await eventually(works);
      expect(await store.get(key)).toMatchObject({ state: 'live' });
      expect(received).toContainEqual({ missed: true });
    });

    test('slow server: slow answers; too slow: 503 in bounded time, and no ending is undone', async () => {
      const key = newKey();
      proxy.slowBy(60);
      expect(await store.put(key, sessionOf(Date.now()), new Date(), inAnHour())).toBe(true);
      expect(await store.get(key)).toMatchObject({ state: 'live' });
      await store.end(key, inAnHour());
      proxy.slowBy(2_000);
      const put = store.put(key, sessionOf(Date.now()), new Date(), inAnHour());
      expect(await outcomeWithin(2_000, put)).toBe('ERR_STORE');
      proxy.slowBy(0);
      await eventually(works, 20_000);
      expect(await store.get(key)).toEqual({ state: 'ended' });
    });

    test('a connection that dies without a word is replaced', async () => {
      proxy.silence(true);
      expect(await outcomeWithin(2_000, store.get(newKey()))).toBe('ERR_STORE');
      proxy.silence(false);
      await eventually(works, 20_000);
    });

    test('a store that starts before its server gets there in the end', async () => {
      proxy.refuse(true);
      const early = options.open(proxy.port);
      expect(await outcome(early.get(newKey()))).toBe('ERR_STORE');
      proxy.refuse(false);
      await eventually(() => outcome(early.ping()).then((code) => code === undefined));
      await early.close();
      await eventually(works);
    });

    test.each<[string, string, object | undefined]>([
      [
        'another version that can be read',
        '{"v":0,"state":"live","user":{"id":"7","name":"A","roles":[]},"expiresAt":1,"issuedAt":0,"checkedAt":0,"keepUntil":8640000000000000}',
        { state: 'live' },
      ],
      ['another version that cannot', '{"v":99,"state":"live","who":"7"}', undefined],
      ['no version', '{"email":"ada@example.com","user_id":24,"is_active":true}', undefined],
      ['an ending of another version', '{"state":"ended","v":99,"by":"someone"}', { state: 'ended' }],
    ])('value of %s', async (_name, text, want) => {
      const key = newKey();
      await options.write(server.port, key, text, 'sealed');
      const got = await store.get(key);
      if (want === undefined) expect(got).toBeUndefined();
      else expect(got).toMatchObject(want);
    });

    test.each([
      ['not JSON', 'x'],
      ['of this version, but broken', '{"v":1,"state":"live","user":{"id":7}}'],
      ['no object', '[]'],
    ])('a value that is %s is 503, not a miss', async (_name, text) => {
      const key = newKey();
      await options.write(server.port, key, text, 'sealed');
      expect(await outcome(store.get(key))).toBe('ERR_STORE');
    });

    test('a live session that another program wrote is no session', async () => {
      const key = newKey();
      const text = encodeLive(sessionOf(Date.now()), new Date(), inAnHour());
      await options.write(server.port, key, text);
      expect(await store.get(key)).toBeUndefined();
      await options.write(server.port, key, text, 'sealed');
      expect(await store.get(key)).toMatchObject({ state: 'live' });
    });
  });
}
