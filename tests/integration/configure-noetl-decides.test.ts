import { afterAll, beforeAll, expect, it } from 'vitest';
import config from '../../docs/examples/noetl-decides.config.ts';
import { type ExampleGateway, startExample } from '../support/example-gateway.ts';

let gateway: ExampleGateway;

beforeAll(async () => {
  gateway = await startExample(config);
});
afterAll(() => gateway?.stop());

const execute = (user: string, path: string) =>
  gateway.as(user, 'mutation($path: String!) { executePlaybook(name: $path) { id } }', { path });

const checks = () => gateway.dev.noetl.requests.filter(({ text }) => text.includes('check_playbook_access'));

it('sessions are validated by NoETL’s endpoint: no playbook run', async () => {
  const { token } = gateway.dev.noetl.openSession('analyst@example.com');
  expect((await gateway.run(token, '{ me }')).data).toEqual({ me: ['analyst'] });
  expect(gateway.asked()).toEqual(['POST /api/auth/session/validate']);
});

it('both must allow: the grants here, and NoETL', async () => {
  expect((await execute('developer', 'data/report')).codes).toEqual([]);
  expect(checks()).toHaveLength(1);
  // The grants here allow it, NoETL does not.
  expect((await execute('developer', 'system/cleanup')).codes).toEqual(['ERR_ACCESS_DENIED']);
  expect(checks()).toHaveLength(2);
});

it('what the grants here deny, NoETL is not asked about', async () => {
  const before = checks().length;
  expect((await execute('viewer', 'data/report')).codes).toEqual(['ERR_ACCESS_DENIED']);
  expect(checks()).toHaveLength(before);
});

it('an answer is reused for cacheTtlMs', async () => {
  await execute('analyst', 'data/report');
  const before = checks().length;
  expect((await execute('analyst', 'data/report')).codes).toEqual([]);
  expect(checks()).toHaveLength(before);
});
