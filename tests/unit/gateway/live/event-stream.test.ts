import { describe, expect, test } from 'vitest';
import type { AnswerStream } from '../../../../gateway/http/answer.ts';
import { createNotifications, type Listener, runEventStream } from '../../../../gateway/live/event-stream.ts';
import { createClientIds, createLiveRequests, type LiveRequest } from '../../../../gateway/live/live-requests.ts';
import { createMemoryStore } from '../../../../gateway/stores/memory-store.ts';
import { eventually } from '../../../support/child-server.ts';
import { tokenOf } from '../../../support/session-fakes.ts';

const keepMs = 60_000;

/** A stream of one client, with what it wrote. */
async function stream(
  change: Partial<Pick<Listener, 'mayStay' | 'maySee'>> = {},
  write?: AnswerStream['write'],
  clock: () => number = Date.now,
) {
  const store = createMemoryStore({ clock: Date.now, space: 'results' });
  const requests = createLiveRequests(store, { keepMs, resultBytes: 10_000 }, clock);
  const watched: string[] = [];
  const notifications = createNotifications();
  store.onNotice((notice) => notifications.notify('name' in notice ? notice.name : undefined));
  const client = await createClientIds({ store, keepMs, newPerUser: 10, clock: Date.now }).take('client', 'ada');
  const left = new AbortController();
  const written: string[] = [];
  const out: AnswerStream = {
    signal: left.signal,
    write:
      write ??
      (async (piece) => {
        written.push(String(piece));
        return true;
      }),
  };
  const listener: Listener = {
    client,
    token: tokenOf('a-token'),
    lastEventId: undefined,
    mayStay: async () => true,
    maySee: async () => true,
    ...change,
  };
  const options = {
    ...{ store, requests, notifications, clock, version: '1', heartbeatMs: 1_000 },
    ...{ connectionMs: 0, keepMs, watch: ({ requestId }: LiveRequest) => void watched.push(requestId) },
  };
  const done = runEventStream(out, listener, options);
  const finish = async (n: number, path = 'data/a') => {
    const { request } = await requests.register(client, path);
    await requests.keep({ ...request, executionId: '1', answeredAt: Date.now() - 1_000 });
    await requests.finish(request, { executionId: '1', status: 'COMPLETED', data: { n } });
  };
  const results = () => written.join('').match(/"data":\{"n":\d+\}/g) ?? [];
  return { finish, results, written, left, done, notifications, client, requests, watched };
}

describe('what a stream delivers', () => {
  test('nothing that the user may no longer see, and what comes after it', async () => {
    const { finish, results, left, done } = await stream({ maySee: async (path) => path !== 'data/secret' });
    await finish(1, 'data/secret');
    await finish(2);
    await eventually(() => results().length > 0);
    expect(results()).toEqual(['"data":{"n":2}']);
    left.abort();
    await done;
  });

  test('nothing while it cannot be found out, and everything afterwards', async () => {
    let isDown = true;
    const { finish, results, left, done, notifications, client } = await stream({
      maySee: async () => {
        if (isDown) throw new Error('no answer');
        return true;
      },
    });
    await finish(1);
    await finish(2);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(results()).toEqual([]);
    isDown = false;
    notifications.notify(client.queue);
    await eventually(() => results().length === 2);
    left.abort();
    await done;
  });

  test('nothing while the session cannot be checked; an ended session ends it with the code of the web UI', async () => {
    let state: 'unknown' | 'over' = 'unknown';
    const { finish, results, written, done, notifications } = await stream({
      mayStay: async () => {
        if (state === 'unknown') throw new Error('no answer');
        return false;
      },
    });
    await finish(1);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(results()).toEqual([]);
    state = 'over';
    notifications.notify(undefined);
    await done;
    expect(results()).toEqual([]);
    expect(written.at(-1)).toContain('"code":-32001');
  });

  test('what another replica started and is pending for long is watched here', async () => {
    let now = Date.now();
    const { requests, client, written, watched, notifications, left, done } = await stream({}, undefined, () => now);
    await eventually(() => written.length > 1);
    const { request } = await requests.register(client, 'data/a');
    now += 14_000;
    notifications.notify(client.queue);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(watched).toEqual([]);
    now += 2_000;
    notifications.notify(client.queue);
    await eventually(() => watched.length > 0);
    expect(watched).toEqual([request.requestId]);
    left.abort();
    await done;
  });

  test('one piece at a time: a client that does not read holds no more than that', async () => {
    let pieces = 0;
    const { finish, left } = await stream({}, () => {
      pieces += 1;
      return pieces <= 2 ? Promise.resolve(true) : new Promise(() => {});
    });
    for (let n = 0; n < 50; n += 1) await finish(n);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(pieces).toBe(3);
    left.abort();
  });
});
