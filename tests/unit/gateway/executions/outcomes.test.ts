import { expect, test } from 'vitest';
import type { ExecutionReads } from '../../../../gateway/executions/execution-reads.ts';
import { createOutcomes } from '../../../../gateway/executions/outcomes.ts';
import type { Snapshot } from '../../../../gateway/executions/snapshots.ts';

const large = 'x'.repeat(100_000);
const events = [
  { event_type: 'playbook.initialized', node_name: 'playbook', context: { text: large } },
  { event_type: 'step.enter', node_name: 'fetch' },
  { event_type: 'call.done', node_name: 'fetch', result: { reference: { ref: 'noetl://execution/1/result/fetch/1' } } },
];

/** An outcome of an execution whose one step has a large result behind a reference, and the bytes that were kept last. */
function outcome(isOver: boolean) {
  const kept: number[] = [];
  const detail = { id: '1', path: 'data/report', server: 'python', events, hasAllEvents: true };
  const snapshot = {
    detail: { ...detail, events: [] },
    over: isOver ? { end: 'COMPLETED', lastStep: 'fetch' } : undefined,
    isSettling: false,
    calls: 1,
    seen: { newest: detail, status: { currentStep: 'fetch', completedSteps: [], variables: {} } },
  } as unknown as Snapshot;
  const reads = {
    resolve: async () => ({ text: large }),
    withEvents: async () => detail,
  } as unknown as ExecutionReads;
  const outcomes = createOutcomes({
    reads,
    results: () => ({}),
    isSecret: () => false,
    hideErrors: false,
    keep: (_, bytes) => void kept.push(bytes),
    spent: () => {},
  });
  return { snapshot, of: outcomes.of(snapshot, {}), kept };
}

const reference = { kind: 'reference', ref: 'noetl://execution/1/result/fetch/1', beside: {} } as const;

test('what is read behind a reference of a finished execution counts among the bytes that are kept', async () => {
  const { of, kept } = outcome(true);
  const [step] = await of.steps();
  await of.stepResult({ ...(step as NonNullable<typeof step>), value: reference });
  expect(kept.at(-1)).toBeGreaterThan(large.length);
});

test('the events of a finished execution are let go once its steps are made of them', async () => {
  const { of, snapshot, kept } = outcome(true);
  await of.steps();
  expect(snapshot.seen).toEqual({ newest: undefined, status: undefined });
  expect(kept.length).toBeGreaterThan(0);
});

test('the events of a running execution stay, and its steps count among the bytes that are kept', async () => {
  const { of, snapshot, kept } = outcome(false);
  await of.steps();
  expect(snapshot.seen.newest).toBeDefined();
  expect(kept.at(-1)).toBeGreaterThan(0);
});

test('events that are read for the steps of a running execution count among the bytes that are kept', async () => {
  const { of, snapshot, kept } = outcome(false);
  snapshot.seen.newest = undefined;
  await of.facts();
  expect(kept.at(-1)).toBeGreaterThan(large.length);
});
