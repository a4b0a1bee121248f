import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createExecutions } from '../../../../gateway/executions/executions.ts';
import type { Upstream, UpstreamCall } from '../../../../plugins/ports.ts';
import { handClock } from '../../../support/session-fakes.ts';

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
  return { execution_id: `${id}`, path: 'data/report', status: 'COMPLETED', ...times, events: hasEvents ? events : [] };
}

function executions() {
  const request = async ({ path, query }: UpstreamCall) => ({
    status: 200,
    body: structuredClone(bodyOf(path, query)),
  });
  return createExecutions({
    upstream: { request } as unknown as Upstream,
    clock: handClock(),
    pause: async () => {},
    basePath: '/api/executions',
    keepBytes,
    staleMs: 250,
    maxWatches: 10,
    results: () => ({}),
    isSecret: () => false,
    hideErrors: false,
  });
}

const serialize = (value: unknown) => value;

async function outcomeOf(own: ReturnType<typeof executions>, id: number) {
  const snapshot = await own.look(String(id), {});
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
        held.set(id, Math.max(held.get(id) ?? 0, await readers[read](own, id)));
      }
      const kept = [...held].filter(([id]) => own.ended(String(id)) !== undefined);
      expect(kept.length).toBeGreaterThan(0);
      expect(kept.reduce((sum, [, bytes]) => sum + bytes, 0)).toBeLessThanOrEqual(keepBytes);
    }),
    { numRuns: 30 },
  );
});
