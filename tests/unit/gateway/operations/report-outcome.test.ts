import { expect, test } from 'vitest';
import { executorCaller } from '../../../support/executor-caller.ts';
import { scriptedUpstream } from '../../../support/scripted-upstream.ts';

test('an answer does not fail by an observer that fails, and nothing is left unhandled', async () => {
  const { upstream } = scriptedUpstream({
    'POST /api/execute': { body: { execution_id: '7', status: 'started' } },
    'GET /api/dashboard/stats': { status: 500, body: {} },
  });
  let reports = 0;
  const observe = () => {
    reports += 1;
    throw new Error('the observer is broken');
  };
  const { ask } = executorCaller(upstream, { observe });
  const args = { name: 'data/report', variables: {} };
  const started = await ask('mutation { executePlaybook(name: "data/report") { executionId } }', { args });
  expect(started).toEqual({ data: { executePlaybook: { executionId: '7' } } });
  const failed = await ask('{ dashboardStats { status } }');
  expect(failed.errors?.[0]?.message).not.toContain('observer');
  // Of the start its outcome and its time, of the other one its time.
  expect(reports).toBe(3);
});
