import { describe, expect, test } from 'vitest';
import { assertReadable, maxReferences, producedBy } from '../../../../gateway/executions/outcome.ts';
import type { StepFacts } from '../../../../gateway/executions/steps.ts';

const step = (name: string, value: StepFacts['value']): StepFacts => ({
  ...{ name, status: 'COMPLETED', startedAt: undefined, finishedAt: undefined, attempts: 1, lastSeenAt: undefined },
  ...{ error: undefined, childId: undefined, value },
});
const large = (n: number) => step(`step${n}`, { kind: 'reference', ref: `noetl://${n}`, beside: {} });
const largeSteps = (count: number) => Array.from({ length: count }, (_, n) => large(n));
const end = step('end', undefined);

/** The results of all steps: the last one only ends the run. */
const produced = (steps: readonly StepFacts[]) =>
  producedBy({
    ...{ steps: [...steps, end], lastStep: 'end', rule: {}, mask: (value) => value },
    resolve: async (ref) => ({ ref }),
  });

describe('the results of all steps', () => {
  test('are whole up to the references that are read for one answer', async () => {
    const { value } = await produced(largeSteps(maxReferences));
    expect(Object.keys(value as object)).toHaveLength(maxReferences);
  });

  test('are an error beyond them, which names the way out, and never a part', async () => {
    await expect(produced(largeSteps(maxReferences + 1))).rejects.toMatchObject({
      code: 'ERR_RESULT_TOO_LARGE',
      message: expect.stringContaining('steps(names: […])'),
    });
  });

  test('small ones do not count', () => {
    const small = Array.from({ length: 100 }, (_, n) => step(`small${n}`, { kind: 'value', value: n }));
    expect(() => assertReadable([...small, ...largeSteps(maxReferences)])).not.toThrow();
  });
});
