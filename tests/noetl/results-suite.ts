import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Expected } from '../services/noetl/playbook-cases.ts';
import { resultCases } from '../services/noetl/result-playbooks.ts';
import type { NoetlRelease } from '../support/noetl-release.ts';
import { rememberResults } from './results-record.ts';
import { openResultsWorld, type ResultsWorld, type RunEnd } from './results-world.ts';

/** What playbooks produced is what the app gets, on a real server of that release. */
export function resultsSuite(release: NoetlRelease | undefined): void {
  describe.skipIf(release === undefined)(`results on a real server, ${release?.title ?? 'not installed'}`, () => {
    let world: ResultsWorld;
    const seen = new Map<string, RunEnd>();
    beforeAll(async () => {
      world = await openResultsWorld(release as NoetlRelease);
    }, 240_000);
    afterAll(async () => {
      await world?.close();
      if (release !== undefined) rememberResults(release.title, seen);
    });

    const expectedOf = ({ rust, ...expected }: Expected): Expected =>
      release?.server === 'rust' ? { ...expected, ...rust } : expected;
    const isForRelease = ({ isUnstorable, stepError }: Expected) =>
      isUnstorable !== true && (stepError === undefined || release?.keepsHandled !== false);

    it.each(resultCases.filter(({ expected }) => isForRelease(expected)))('$path', async ({ path, expected }) => {
      const end = await world.run(path);
      seen.set(path, end);
      assertAsExpected(end, expectedOf(expected));
      const { stepResult } = expectedOf(expected);
      if (stepResult === undefined) return;
      const source = 'query ($id: ID!) { execution(id: $id) { steps { name result } } }';
      const { data } = await world.ask(source, { id: end.id });
      expect(data?.['execution']).toEqual({ steps: expect.arrayContaining([stepResult]) });
    });

    it('with many clients at once every first COMPLETED has the right result', async () => {
      const names = ['results/scalars', 'results/useful_end', 'results/status_middle'];
      const clients = Array.from({ length: 15 }, async (_, client) => {
        const wrong: string[] = [];
        for (let turn = 0; turn < 2; turn += 1) {
          const name = names[(client + turn) % names.length] ?? '';
          const end = await world.run(name, 500);
          const found = resultCases.find(({ path }) => path === name);
          try {
            assertAsExpected(end, expectedOf(found?.expected ?? {}));
          } catch {
            wrong.push(`${name}: ${end.text}`);
          }
        }
        return wrong;
      });
      expect((await Promise.all(clients)).flat()).toEqual([]);
    }, 300_000);

    // The Rust server goes on after a step that raised, and calls the run COMPLETED.
    it.skipIf(release?.server === 'rust')(
      'a failed step is no end: the run can be cancelled while another step works',
      async () => {
        const id = await world.start('results/fail_then_work');
        await vi.waitFor(
          async () => {
            const { data } = await world.ask('query ($id: ID!) { execution(id: $id) { status failure { step } } }', {
              id,
            });
            expect(data?.['execution']).toEqual({ status: 'RUNNING', failure: { step: 'boom' } });
          },
          { timeout: 15_000, interval: 100 },
        );
        const { data } = await world.ask('mutation ($id: ID!) { cancelExecution(id: $id) { status } }', { id });
        expect(data?.['cancelExecution']).toEqual({ status: 'cancelled' });
      },
    );

    it('a run is started again with its workload', async () => {
      const first = await world.start('results/echo', { region: 'eu', limit: 7 });
      await world.end(first);
      const again = await world.ask('mutation ($id: ID!) { rerunExecution(id: $id, variables: {limit: 8}) { id } }', {
        id: first,
      });
      const { id } = (again.data?.['rerunExecution'] ?? { id: '' }) as { id: string };
      expect((await world.end(id)).execution).toMatchObject({
        status: 'COMPLETED',
        result: { region: 'eu', limit: 8 },
      });
    });

    it.skipIf(release?.server === 'rust')('a run that a failed batch stopped ends for all who wait', async () => {
      const source =
        'mutation { executePlaybook(name: "results/no_auth", waitSeconds: 20) { id status execution { failure { step } } } }';
      const { data } = await world.ask(source, {});
      const ended = data?.['executePlaybook'] as { id: string };
      expect(ended).toMatchObject({ status: 'FAILED', execution: { failure: { step: 'table' } } });
      const list = await world.ask('{ executions(pageSize: 100) { id status } }', {});
      expect(list.data?.['executions']).toContainEqual({ id: ended.id, status: 'FAILED' });
    });

    it('the list and the execution agree of a run that never writes its end', async () => {
      const { id } = await world.run('results/one_step');
      const { data } = await world.ask('{ executions(pageSize: 100) { id status } }', {});
      expect(data?.['executions']).toContainEqual({ id, status: 'COMPLETED' });
    });

    // Last, since old servers hardly go on after it.
    const unstorable = resultCases.filter(({ expected }) => expected.isUnstorable === true);
    it.skipIf(release?.server === 'rust').each(unstorable)('$path', async ({ path, expected }) => {
      const end = await world.run(path);
      seen.set(path, end);
      const stopped = {
        status: 'FAILED',
        failure: { step: 'last', message: expect.stringContaining('NUL character') },
      };
      assertAsExpected(end, release?.endsUnstorable === true ? expected : stopped);
    });
  });
}

function assertAsExpected({ execution, text, code }: RunEnd, expected: Expected): void {
  const { status = 'COMPLETED', result, step, text: textOutput, failure, steps, stepError, raw } = expected;
  expect(execution.status).toBe(status);
  expect(code).toBe(expected.code);
  if (result !== undefined) expect({ result: execution.result }).toMatchObject({ result });
  if (step !== undefined) expect(execution.resultStep).toBe(step);
  if (textOutput !== undefined) expect(execution.textOutput).toBe(textOutput);
  if (failure === undefined || failure === null) expect(execution.failure).toBeNull();
  else expect(execution.failure).toMatchObject(failure);
  if (steps !== undefined) expect(execution.steps.map(({ name, status }) => `${name} ${status}`)).toEqual(steps);
  if (stepError !== undefined) expect(execution.steps).toContainEqual(stepError);
  if (raw !== undefined) expect(text).toContain(raw);
  expect(text).not.toMatch(/hunter2|statement_count|noetl:\/\/|command_id/);
}
