import type { LogFn } from 'pino';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Channel } from '../../../../gateway/workers/channel.ts';
import { openChannel } from '../../../../gateway/workers/channel.ts';
import { createSupervisor, type WorkerProcess } from '../../../../gateway/workers/supervisor.ts';
import { wirePair } from '../../../support/wires.ts';

interface FakeWorker {
  readonly place: number;
  /** Its own end of the channel. */
  readonly channel: Channel;
  wasKilled: boolean;
  exit(code: number | null, signal?: string): void;
  listens(): Promise<void>;
}

function setUp(count: number) {
  const workers: FakeWorker[] = [];
  const lines: string[] = [];
  const ends: number[] = [];
  const joined = new Map<number, Channel>();
  const left: (readonly [number, boolean])[] = [];
  const fork = (place: number): WorkerProcess => {
    const [first, own] = wirePair();
    let onExit: (code: number | null, signal: string | null) => void = () => {};
    const channel = openChannel(own);
    const worker: FakeWorker = {
      place,
      channel,
      wasKilled: false,
      exit: (code, signal) => onExit(code, signal ?? null),
      async listens() {
        await channel.ask('place', []);
        channel.tell('listening');
        await channel.ask('place', []);
      },
    };
    workers.push(worker);
    return {
      pid: 100 + workers.length,
      wire: first,
      onExit(listener) {
        onExit = listener;
      },
      kill() {
        worker.wasKilled = true;
        onExit(null, 'SIGKILL');
      },
    };
  };
  const write: LogFn = (_fields: unknown, text?: unknown) => void lines.push(String(text));
  const supervisor = createSupervisor({
    count,
    crew: {
      join: (place, channel) => void joined.set(place, channel),
      leave: (place, isReplaced) => void left.push([place, isReplaced]),
      stop: () => {},
    },
    fork,
    log: { info: write, error: write, fatal: write },
    clock: Date.now,
    drainMs: 1_000,
    onEnd: (code) => void ends.push(code),
  });
  const places = () => workers.map(({ place }) => place);
  return { supervisor, workers, places, lines, ends, left };
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('the supervisor of worker processes', () => {
  test('starts the first worker, and the others when it listens', async () => {
    const { supervisor, workers, places, lines } = setUp(3);
    supervisor.start();
    expect(places()).toEqual([1]);
    expect(await workers[0]?.channel.ask('place', [])).toEqual({ place: 1, count: 3 });
    await workers[0]?.listens();
    expect(places()).toEqual([1, 2, 3]);
    await workers[1]?.listens();
    expect(lines).toEqual([]);
    await workers[2]?.listens();
    expect(lines).toEqual(['every worker listens']);
  });

  test('ends with code 1 when the first one cannot start, and starts no other', () => {
    const { supervisor, workers, places, ends, lines } = setUp(2);
    supervisor.start();
    workers[0]?.exit(1);
    expect(ends).toEqual([1]);
    expect(places()).toEqual([1]);
    expect(lines).toEqual(['a worker cannot start; its own lines have the cause']);
  });

  test('a worker that ends is started again, after a pause that grows and is bounded', async () => {
    const { supervisor, workers, places, left } = setUp(1);
    supervisor.start();
    await workers[0]?.listens();
    const pauses: number[] = [];
    for (let n = 0; n < 12; n += 1) {
      const before = places().length;
      const from = Date.now();
      workers.at(-1)?.exit(null, 'SIGSEGV');
      while (places().length === before) vi.advanceTimersByTime(50);
      pauses.push(Date.now() - from);
      await workers.at(-1)?.listens();
    }
    expect(pauses.slice(0, 4)).toEqual([100, 200, 400, 800]);
    expect(Math.max(...pauses)).toBe(30_000);
    expect(left[0]).toEqual([1, true]);
    vi.advanceTimersByTime(60_000);
    const last = places().length;
    workers.at(-1)?.exit(1);
    vi.advanceTimersByTime(100);
    expect(places().length).toBe(last + 1);
  });

  test('a place whose worker cannot start any more ends all of them with code 1', async () => {
    const { supervisor, workers, ends, lines } = setUp(2);
    supervisor.start();
    await workers[0]?.listens();
    await workers[1]?.listens();
    workers[1]?.exit(1);
    for (let n = 0; n < 5; n += 1) {
      expect(ends).toEqual([]);
      vi.advanceTimersByTime(30_000);
      workers.at(-1)?.exit(1);
    }
    expect(lines.at(-1)).toBe('a worker cannot start; its own lines have the cause');
    workers[0]?.exit(0);
    expect(ends).toEqual([1]);
  });

  test('a stop waits for every worker, starts none again, and ends with 0 when all have finished', async () => {
    const { supervisor, workers, places, ends, left } = setUp(2);
    supervisor.start();
    await workers[0]?.listens();
    await workers[1]?.listens();
    supervisor.stop();
    workers[0]?.exit(0);
    expect(ends).toEqual([]);
    vi.advanceTimersByTime(5_000);
    expect(places()).toEqual([1, 2]);
    expect(left).toEqual([[1, false]]);
    workers[1]?.exit(0);
    expect(ends).toEqual([0]);
  });

  test('workers that do not finish in time, or after a second signal, are ended', async () => {
    const late = setUp(1);
    late.supervisor.start();
    await late.workers[0]?.listens();
    late.supervisor.stop();
    vi.advanceTimersByTime(6_000);
    expect(late.workers[0]?.wasKilled).toBe(true);
    expect(late.ends).toEqual([1]);
    const twice = setUp(1);
    twice.supervisor.start();
    await twice.workers[0]?.listens();
    twice.supervisor.stop();
    twice.supervisor.stop();
    expect(twice.workers[0]?.wasKilled).toBe(true);
    expect(twice.ends).toEqual([1]);
  });

  test('a stop between the end of a worker and its next start ends at once', async () => {
    const { supervisor, workers, places, ends } = setUp(1);
    supervisor.start();
    await workers[0]?.listens();
    workers[0]?.exit(1);
    supervisor.stop();
    expect(ends).toEqual([0]);
    vi.advanceTimersByTime(30_000);
    expect(places()).toEqual([1]);
  });
});
