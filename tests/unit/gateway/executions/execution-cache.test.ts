import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ExecutionCache } from '../../../../gateway/executions/execution-cache.ts';
import type { Snapshot, Snapshots } from '../../../../gateway/executions/execution-end.ts';
import type { ExecutionReads } from '../../../../gateway/executions/execution-read.ts';
import { Executions } from '../../../../gateway/executions/executions.ts';
import type { Upstream, UpstreamCall } from '../../../../plugins/ports.ts';
import { handClock } from '../../../support/session-fakes.ts';

describe('how often NoETL is asked about one execution', () => {
  /** Snapshots that are counted, at an execution that runs or claims an end. */
  function counted(claim: 'RUNNING' | 'COMPLETED' = 'RUNNING') {
    const clock = handClock();
    const startedAt = new Date(clock());
    let count = 0;
    const detail = { id: '1', claim, startedAt, events: [] } as unknown as Snapshot['detail'];
    const snapshot: Snapshot = {
      detail,
      over: undefined,
      isSettling: false,
      calls: 1,
      sources: { newest: undefined, status: undefined },
    };
    const snapshots: Pick<Snapshots, 'take' | 'forget'> = {
      async take() {
        count += 1;
        return snapshot;
      },
      forget() {},
    };
    const reads = { newest: async () => new Map() } as unknown as ExecutionReads;
    const cache = new ExecutionCache({ reads, snapshots, clock, maxBytes: 1_000_000, staleMs: 250 });
    /** `askers` ask every 50 ms. @returns the looks that it cost */
    async function ask(askers: number, forMs: number): Promise<number> {
      const before = count;
      for (let passed = 0; passed < forMs; passed += 50) {
        for (let asker = 0; asker < askers; asker += 1) await cache.read('1', {});
        clock.advance(50);
      }
      return count - before;
    }
    return { ask };
  }

  describe('looks at one execution', () => {
    test('many askers share one for 250 ms: four calls a second', async () => {
      const { ask } = counted();
      expect(await ask(100, 4_000)).toBeLessThanOrEqual(16);
    });

    test('a single asker of a young execution gets a new one every 100 ms, later every 250 ms', async () => {
      const { ask } = counted();
      expect(await ask(1, 1_000)).toBe(10);
      await ask(1, 4_000);
      expect(await ask(1, 1_000)).toBe(4);
    });

    test('an end that is claimed for long and not certain is looked at once a second', async () => {
      const { ask } = counted('COMPLETED');
      await ask(100, 2_000);
      expect(await ask(100, 4_000)).toBe(4);
    });
  });
});

describe('what is held', () => {
  const keepBytes = 1_000_000;

  /** Snapshots that are counted, at executions whose newest events take 100 kB, or which were started with as much. */
  function large(given: { readonly isOver: boolean; readonly of: 'events' | 'workload' | 'nothing' }) {
    let count = 0;
    const text = 'x'.repeat(100_000);
    const snapshots: Pick<Snapshots, 'take' | 'forget'> = {
      async take(id) {
        count += 1;
        const workload = given.of === 'workload' ? { text } : {};
        const parts = given.of === 'events' ? { events: [{ payload: text }] } : { events: [], workload };
        const detail = { id, claim: 'RUNNING', ...parts } as unknown as Snapshot['detail'];
        return {
          detail,
          over: given.isOver ? ({ end: 'COMPLETED' } as Snapshot['over']) : undefined,
          isSettling: false,
          calls: 1,
          sources: { newest: given.of === 'events' ? detail : undefined, status: undefined },
        };
      },
      forget() {},
    };
    const reads = { newest: async () => new Map() } as unknown as ExecutionReads;
    const cache = new ExecutionCache({ reads, snapshots, clock: handClock(), maxBytes: keepBytes, staleMs: 250 });
    /** How many of these executions cost a look now. */
    async function looksFor(ids: readonly number[]): Promise<number> {
      const before = count;
      for (const id of ids) await cache.read(`${id}`, {});
      return count - before;
    }
    /** What the looks at these executions found is completed by further reads of 100 kB. */
    async function readMore(ids: readonly number[]): Promise<void> {
      for (const id of ids) {
        const taken = await cache.read(`${id}`, {});
        if (taken !== undefined) cache.count(taken.snapshot, 100_000);
      }
    }
    return { looksFor, readMore };
  }

  const many = Array.from({ length: 50 }, (_, id) => id);

  test.each([
    { isOver: true, of: 'events' },
    { isOver: true, of: 'workload' },
    { isOver: false, of: 'events' },
    { isOver: false, of: 'workload' },
  ] as const)('what was read of an execution counts among the bytes that are kept: %o', async (given) => {
    const { looksFor } = large(given);
    expect(await looksFor(many)).toBe(50);
    // Nine of 100 kB fit into a megabyte; the newest are kept.
    expect(await looksFor(many.slice(-9))).toBe(0);
    expect(await looksFor(many.slice(0, 10))).toBe(10);
  });

  test('what was read for the steps of a running execution counts, until the next look', async () => {
    const { looksFor, readMore } = large({ isOver: false, of: 'nothing' });
    expect(await looksFor(many)).toBe(50);
    expect(await looksFor(many)).toBe(0);
    await readMore(many);
    expect(await looksFor(many.slice(-9))).toBe(0);
    expect(await looksFor(many.slice(0, 10))).toBe(10);
  });
});

describe('finished executions', () => {
  const keepBytes = 200_000;

  /** The text that an execution results in; some are in a list of many small objects, which take more memory than their JSON. */
  const sizeOf = (id: number): number => 2_000 + 1_500 * (id % 10);
  const resultOf = (id: number): unknown =>
    id % 3 === 0 ? Array.from({ length: sizeOf(id) / 50 }, () => ({ text: 'x' })) : { text: 'x'.repeat(sizeOf(id)) };

  const event = (id: number, type: string) => ({
    event_id: id,
    event_type: type,
    node_name: 'report',
    created_at: '2026-01-01T00:00:00Z',
  });
  const events = [event(1, 'step.enter'), event(2, 'call.done'), event(3, 'playbook.completed')];

  /** A finished execution as the Python server reports it: what it resulted in is in its `/status` alone. */
  function bodyOf(path: string, query: UpstreamCall['query']): unknown {
    const id = Number(path.split('/')[3]);
    if (path.endsWith('/status')) {
      const variables = { report: resultOf(id) };
      return { completed: true, failed: false, current_step: 'report', completed_steps: ['report'], variables };
    }
    const hasEvents = query?.some(([name]) => name === 'include_events') !== true;
    const times = { start_time: '2026-01-01T00:00:00Z', end_time: '2026-01-01T00:00:01Z' };
    return {
      execution_id: `${id}`,
      path: 'data/report',
      status: 'COMPLETED',
      ...times,
      events: hasEvents ? events : [],
    };
  }

  function executions() {
    const request = async ({ path, query }: UpstreamCall) => ({
      status: 200,
      body: structuredClone(bodyOf(path, query)),
    });
    return new Executions({
      upstream: { request } as unknown as Upstream,
      clock: handClock(),
      pause: async () => {},
      basePath: '/api/executions',
      keepBytes,
      staleMs: 250,
      maxWatches: 10,
      results: () => ({}),
      isSecret: () => false,
      errors: 'shown',
    });
  }

  const serialize = (value: unknown) => value;

  async function outcomeOf(own: ReturnType<typeof executions>, id: number) {
    const snapshot = await own.read(String(id), {});
    if (snapshot === undefined) throw new Error('it exists');
    return own.outcome(snapshot, {});
  }

  /** Each reads something, and returns the bytes that are surely held for it. */
  const readers = {
    state: (own: ReturnType<typeof executions>, id: number) => outcomeOf(own, id).then(() => 0),
    async steps(own: ReturnType<typeof executions>, id: number) {
      await (await outcomeOf(own, id)).steps();
      return sizeOf(id);
    },
    async result(own: ReturnType<typeof executions>, id: number) {
      await (await outcomeOf(own, id)).produced();
      return sizeOf(id);
    },
    json: async (own: ReturnType<typeof executions>, id: number) =>
      sizeOf(id) + (await (await outcomeOf(own, id)).json(serialize)).json.length,
  };

  const steps = fc.array(
    fc.record({
      id: fc.integer({ min: 1, max: 40 }),
      read: fc.constantFrom(...(Object.keys(readers) as (keyof typeof readers)[])),
    }),
    { minLength: 60, maxLength: 150 },
  );

  test('what is read later of executions that are kept counts: together they stay below the bound', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (given) => {
        const own = executions();
        /** The bytes that are surely held for an execution: its result, and the JSON of it. */
        const held = new Map<number, number>();
        for (const { id, read } of given) {
          // What has left the cache since is read anew, and only as far as this read needs.
          const before = own.finished(String(id)) === undefined ? 0 : (held.get(id) ?? 0);
          held.set(id, Math.max(before, await readers[read](own, id)));
        }
        const kept = [...held].filter(([id]) => own.finished(String(id)) !== undefined);
        expect(kept.length).toBeGreaterThan(0);
        expect(kept.reduce((sum, [, bytes]) => sum + bytes, 0)).toBeLessThanOrEqual(keepBytes);
      }),
      { numRuns: 30 },
    );
  });
});
