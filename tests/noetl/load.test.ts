import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pythonRelease, rustRelease } from '../support/noetl-release.ts';
import { openResultsWorld, type ResultsWorld } from './results-world.ts';

/**
 * The load of `npm run test:noetl-load`: correctness and the number of calls are asserted, times are printed.
 * `NOETL_LOAD_SERVER=rust` takes the Rust server; `NOETL_LOAD_CLIENTS` fewer clients.
 */
const release = await (process.env['NOETL_LOAD_SERVER'] === 'rust' ? rustRelease('3.83') : pythonRelease());
const clients = Number(process.env['NOETL_LOAD_CLIENTS'] ?? 50);
const runsEach = 10;

/** Right for each of them by its source, on both servers. */
const right: Readonly<Record<string, (result: unknown, step: string | null) => boolean>> = {
  'results/scalars': (result, step) => step === null && JSON.stringify(result).includes('"answer":42'),
  'results/useful_end': (result, step) => step === 'end' && JSON.stringify(result).includes('3 flights found'),
  'results/text': (result, step) => step === 'last' && result === 'just text',
};
const names = Object.keys(right);

describe.skipIf(release === undefined)(`load on ${release?.title ?? 'no server'}`, () => {
  let world: ResultsWorld;
  beforeAll(async () => {
    if (release !== undefined) world = await openResultsWorld(release);
  }, 240_000);
  afterAll(() => world?.close());

  it(`${clients} clients with ${runsEach} runs each, polls of 500 ms: every first COMPLETED is right`, async () => {
    const before = await upstreamCalls(world);
    const began = Date.now();
    const wrong: string[] = [];
    const client = async (number: number): Promise<void> => {
      for (let turn = 0; turn < runsEach; turn += 1) {
        const name = names[(number + turn) % names.length] ?? '';
        const { execution, text } = await world.run(name, 500);
        const isRight = execution.status === 'COMPLETED' && right[name]?.(execution.result, execution.resultStep);
        if (isRight !== true) wrong.push(`${name}: ${text}`);
      }
    };
    await Promise.all(Array.from({ length: clients }, (_, number) => client(number)));
    const calls = (await upstreamCalls(world)) - before;
    const runs = clients * runsEach;
    console.info(`${runs} runs in ${Date.now() - began} ms, ${(calls / runs).toFixed(2)} calls to NoETL for each`);
    expect(wrong).toEqual([]);
    expect(calls / runs).toBeLessThanOrEqual(8);
  }, 1_200_000);

  it.each(['results/useful_end', 'results/one_step'])(
    '%s: the lag of a client that polls every 100 ms',
    async (name) => {
      const lags: number[] = [];
      for (let turn = 0; turn < 21; turn += 1) {
        const { id, execution } = await world.run(name, 100);
        const seenAt = Date.now();
        expect(execution.status).toBe('COMPLETED');
        const { data } = await world.ask('query ($id: ID!) { execution(id: $id) { finishedAt } }', { id });
        const ended = data?.['execution'] as { finishedAt: string } | undefined;
        lags.push(seenAt - Date.parse(ended?.finishedAt ?? ''));
        await delay(50);
      }
      lags.sort((a, b) => a - b);
      console.info(`${name}: median ${lags[10]} ms, longest ${lags.at(-1)} ms from NoETL's end to COMPLETED`);
    },
    300_000,
  );
});

/** Calls to NoETL that the gateway has made, by its own count. */
async function upstreamCalls(world: ResultsWorld): Promise<number> {
  const metrics = await (await fetch(`${world.internalUrl}/metrics`)).text();
  return [...metrics.matchAll(/^noetl_gateway_upstream_request_duration_seconds_count\{.*\} (\d+)$/gm)].reduce(
    (sum, [, count]) => sum + Number(count),
    0,
  );
}
