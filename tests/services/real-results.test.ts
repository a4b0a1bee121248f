import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type RealNoetl, realNoetlReady, startRealNoetl } from '../support/real-noetl.ts';
import { type ServeProcess, startServe } from '../support/serve-process.ts';
import { playbooks } from './noetl/playbooks.ts';
import { resultCases } from './noetl/result-playbooks.ts';

const installed = await realNoetlReady();

interface Execution {
  readonly status: string;
  readonly result: unknown;
  readonly resultStep: string | null;
  readonly textOutput: string | null;
  readonly failure: unknown;
}

const idOf = (data: Record<string, unknown> | undefined) => (data?.['executePlaybook'] ?? { id: '' }) as { id: string };

describe.skipIf(installed === undefined)('what a playbook produced is what the app gets, on a real server', () => {
  let noetl: RealNoetl;
  let serve: ServeProcess;
  let token: string;

  beforeAll(async () => {
    noetl = await startRealNoetl(installed ?? '');
    await noetl.credential('pg_local');
    for (const playbook of [...playbooks, ...resultCases.map(({ source }) => source)]) await noetl.register(playbook);
    serve = await startServe({ NOETL_BASE_URL: noetl.url });
    token = await serve.login('developer@example.com');
  }, 240_000);
  afterAll(async () => {
    await serve?.close();
    await noetl?.stop();
  });

  async function ask(query: string, variables: Record<string, unknown>) {
    const answer = await fetch(`${serve.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ query, variables }),
    });
    const text = await answer.text();
    return {
      text,
      ...(JSON.parse(text) as { data?: Record<string, unknown>; errors?: { extensions: { code: string } }[] }),
    };
  }

  async function run(name: string, pollMs = 200) {
    const started = await ask('mutation ($name: String!) { executePlaybook(name: $name) { id } }', { name });
    const { id } = idOf(started.data);
    const query =
      'query ($id: ID!) { execution(id: $id) { status result resultStep textOutput failure { step message } } }';
    for (let left = 300; left > 0; left -= 1) {
      const answer = await ask(query, { id });
      const execution = answer.data?.['execution'] as Execution;
      if (execution.status !== 'RUNNING')
        return { id, execution, text: answer.text, code: answer.errors?.[0]?.extensions.code };
      await delay(pollMs);
    }
    throw new Error(`${name} did not end`);
  }

  it.each(resultCases)('$path', async ({ path, expected }) => {
    const { execution, text, code } = await run(path);
    const { status = 'COMPLETED', result, step, text: textOutput, failure, raw } = expected;
    expect(execution.status).toBe(status);
    expect(code).toBe(expected.code);
    if (result === null || typeof result !== 'object') {
      if (result !== undefined) expect(execution.result).toBe(result);
    } else expect(execution.result).toMatchObject(result);
    if (step !== undefined) expect(execution.resultStep).toBe(step);
    if (textOutput !== undefined) expect(execution.textOutput).toBe(textOutput);
    expect(execution.failure).toEqual(failure ?? null);
    if (raw !== undefined) expect(text).toContain(raw);
    expect(text).not.toMatch(/hunter2|statement_count|noetl:\/\/|command_id/);
  });

  it('with many clients at once every first COMPLETED has the right result', async () => {
    const names = ['results/scalars', 'results/useful_end', 'results/status_middle'];
    const clients = Array.from({ length: 15 }, async (_, client) => {
      const wrong: string[] = [];
      for (let turn = 0; turn < 2; turn += 1) {
        const name = names[(client + turn) % names.length] ?? '';
        const { execution } = await run(name, 500);
        const expected = resultCases.find(({ path }) => path === name)?.expected;
        try {
          expect(execution).toMatchObject({
            status: 'COMPLETED',
            result: expected?.result,
            resultStep: expected?.step,
          });
        } catch {
          wrong.push(`${name}: ${JSON.stringify(execution)}`);
        }
      }
      return wrong;
    });
    expect((await Promise.all(clients)).flat()).toEqual([]);
  }, 300_000);

  it('a failed step is no end: the run can be cancelled while another step works', async () => {
    const started = await ask('mutation { executePlaybook(name: "results/fail_then_work") { id } }', {});
    const { id } = idOf(started.data);
    await vi.waitFor(
      async () => {
        const { data } = await ask('query ($id: ID!) { execution(id: $id) { status failure { step } } }', { id });
        expect(data?.['execution']).toEqual({ status: 'RUNNING', failure: { step: 'boom' } });
      },
      { timeout: 15_000, interval: 100 },
    );
    const { data } = await ask('mutation ($id: ID!) { cancelExecution(id: $id) { status } }', { id });
    expect(data?.['cancelExecution']).toEqual({ status: 'cancelled' });
  });

  it('the list and the execution agree of a run that never writes its end', async () => {
    const { id } = await run('results/one_step');
    const { data } = await ask('{ executions(pageSize: 100) { id status } }', {});
    expect(data?.['executions']).toContainEqual({ id, status: 'COMPLETED' });
  });
});
