import { describe, expect, test } from 'vitest';
import { maxReferences, producedBy, stepResult } from '../../../../gateway/executions/outcome.ts';
import { decodeRunEvents } from '../../../../gateway/executions/run-event.ts';
import { stepsOf } from '../../../../gateway/executions/steps.ts';

const ref = (n: number) => `noetl://execution/7/result/each/${n}`;

const failed = Symbol('failed');

/** A loop of the Rust server, whose items are as `data` says, in the order in which they ended. */
const loopOf = (...data: readonly unknown[]) => endedLoop([...data.entries()]);

const endedLoop = (ended: readonly (readonly [number, unknown])[]) =>
  stepsOf(
    decodeRunEvents(
      ended.map(([n, item], position) => ({
        event_id: position + 1,
        event_type: 'call.done',
        node_name: 'each',
        created_at: '2026-01-01T00:00:00Z',
        result: {
          status: 'COMPLETED',
          context: {
            command_id: `7:each:1:i${n}`,
            result:
              item === failed
                ? { status: 'error', context: { stderr: 'no such city', status: 'error' } }
                : { status: 'success', context: { data: item, duration_ms: 1, status: 'success' } },
          },
        },
      })),
    ),
  );

type Resolve = (ref: string) => Promise<unknown>;
const partsOf = (steps: ReturnType<typeof loopOf>, resolve: Resolve) => ({
  ...{ steps, lastStep: 'each', rule: {}, resolve },
  mask: (value: unknown) => value,
});
const produced = (...of: Parameters<typeof partsOf>) => producedBy(partsOf(...of));

describe('a loop of the Rust server', () => {
  test('has every item, inline and behind references', async () => {
    const whole = { data: { lines: ['a'] }, duration_ms: 1, status: 'success', stdout: '' };
    const steps = loopOf({ n: 1 }, { _ref: ref(2) });
    expect(await produced(steps, async (asked) => (asked === ref(2) ? whole : undefined))).toEqual({
      step: 'each',
      value: { stats: { total: 2, failed: 0, success: 2 }, results: [{ n: 1 }, { lines: ['a'] }] },
    });
  });

  test('has its items in the order of the loop, and counts those that failed', async () => {
    const steps = endedLoop([
      [10, 'k'],
      [1, failed],
      [0, 'a'],
    ]);
    const [each] = steps;
    const result =
      each &&
      (await stepResult(
        each,
        partsOf(steps, async () => undefined),
      ));
    expect(result).toEqual({ stats: { total: 3, failed: 1, success: 2 }, results: ['a', 'k'] });
    expect(steps[0]).toMatchObject({ status: 'FAILED', error: 'no such city' });
  });

  test('is an error, and never cut, beyond the references that are read', async () => {
    const large = (count: number) => loopOf(...Array.from({ length: count }, (_, n) => ({ _ref: ref(n) })));
    const whole = { data: { large: true }, duration_ms: 1, status: 'success' };
    const { value } = await produced(large(maxReferences), async () => whole);
    expect(value).toMatchObject({ stats: { success: maxReferences } });
    const asked: string[] = [];
    const resolve = async (one: string) => asked.push(one);
    await expect(produced(large(maxReferences + 1), resolve)).rejects.toMatchObject({ code: 'ERR_RESULT_TOO_LARGE' });
    expect(asked).toEqual([]);
  });
});
