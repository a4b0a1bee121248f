import { expect, test } from 'vitest';
import { graphql, startDevGateway } from '../support/dev-gateway.ts';

const token = 'gate-7f3a';

/** As a Rust server with `NOETL_INTERNAL_AUTH_MODE=enforce`, but for every route, not only those that it gates today. */
const gate = ({ headers }: { headers: Readonly<Record<string, unknown>> }) =>
  headers['authorization'] === `Bearer ${token}`
    ? undefined
    : { status: 403, body: { error: 'Forbidden', message: 'a bearer token is required' } };

async function everyRead(environment: Record<string, string>) {
  const dev = await startDevGateway({ environment });
  try {
    // The login itself is a playbook of NoETL.
    const { sessionToken } = await dev.login('admin');
    dev.noetl.intercept = gate;
    const ask = async (query: string) => (await graphql(dev.url, sessionToken, { query })).body;
    const started = await ask('mutation { executePlaybook(name: "regression_test/hello_world") { id } }');
    const id = (started.data?.['executePlaybook'] as { id: string } | undefined)?.id ?? '1';
    const answers = [
      started,
      await ask('{ executions { id } playbooks { entries { path } } dashboardStats { stats } workerPools { count } }'),
      await ask(`{ execution(id: "${id}") { status } executionEvents(id: "${id}") }`),
      await ask(`mutation { cancelExecution(id: "${id}") { status } }`),
      await ask('{ playbook(path: "regression_test/hello_world") { path } credentials { items { name } } }'),
    ];
    const ready = await fetch(`${dev.internalUrl}/ready`);
    const login = await dev.login('viewer').then(
      () => 200,
      () => 503,
    );
    return { errors: answers.map(({ errors = [] }) => errors.length), ready: ready.status, login, answers };
  } finally {
    await dev.stop();
  }
}

test('in front of a NoETL that gates every route, the token of the environment opens them all', async () => {
  const seen = await everyRead({ NOETL_INTERNAL_API_TOKEN: token });
  expect(JSON.stringify(seen.answers)).not.toContain(token);
  expect(seen).toMatchObject({ errors: [0, 0, 0, 0, 0], ready: 200, login: 200 });
});

test('without the token none of them answers', async () => {
  const { errors, login } = await everyRead({});
  expect(errors.every((count) => count > 0)).toBe(true);
  expect(login).toBe(503);
});
