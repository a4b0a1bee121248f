import { describe, expect, test } from 'vitest';
import { producedBy } from '../../../../core/execution/outcome.ts';
import { decodeRunEvents } from '../../../../core/execution/run-event.ts';
import { stepsOf } from '../../../../core/execution/steps.ts';

const ref = (n: number) => `noetl://execution/7/result/each/${n}`;

/** A loop of the Rust server, whose items are as `data` says. */
const loopOf = (...data: readonly unknown[]) =>
  stepsOf(
    decodeRunEvents(
      data.map((item, n) => ({
        event_id: n + 1,
        event_type: 'call.done',
        node_name: 'each',
        created_at: '2026-01-01T00:00:00Z',
        result: {
          status: 'COMPLETED',
          context: {
            command_id: `7:each:1:i${n}`,
            result: { status: 'success', context: { data: item, duration_ms: 1, status: 'success' } },
          },
        },
      })),
    ),
  );

const produced = (steps: ReturnType<typeof loopOf>, resolve: (ref: string) => Promise<unknown>) =>
  producedBy({ steps, lastStep: 'each', rule: {}, resolve, mask: (value) => value });

describe('a loop of the Rust server', () => {
  test('has every item, inline and behind references', async () => {
    const whole = { data: { lines: ['a'] }, duration_ms: 1, status: 'success', stdout: '' };
    const steps = loopOf({ n: 1 }, { _ref: ref(2) });
    expect(await produced(steps, async (asked) => (asked === ref(2) ? whole : undefined))).toEqual({
      step: 'each',
      value: { stats: { total: 2, failed: 0, success: 2 }, results: [{ n: 1 }, { lines: ['a'] }] },
    });
  });

  test('is an error, and never cut, beyond the references that are read', async () => {
    const steps = loopOf({ _ref: ref(1) }, { _ref: ref(2) });
    await expect(produced(steps, async () => undefined)).rejects.toMatchObject({ code: 'ERR_RESULT_TOO_LARGE' });
  });
});
