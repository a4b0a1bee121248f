import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cli, cliProject } from '../support/cli-process.ts';

let project: Awaited<ReturnType<typeof cliProject>>;
beforeAll(async () => {
  project = await cliProject(`
    operations: { executePlaybook: { upstream: 'POST /api/execute', access: onPlaybook('execute', 'name') } },
    roles: ['admin', 'analyst'],
    grants: [allow('admin', 'all', '*'), allow('analyst', ['execute'], '*', { except: 'system/*' })],`);
  const cases = [
    'cases:',
    '  - { roles: [admin, analyst], permission: execute, playbook: system/x, expect: allowed }',
    '  - { role: analyst, field: executePlaybook, playbook: system/x, expect: denied }',
  ];
  write('cases.yaml', cases.join('\n'));
  write(
    'wrong.yaml',
    `${cases.join('\n')}\n  - { role: analyst, permission: execute, playbook: data/x, expect: denied }\n`,
  );
  write('invalid.yaml', 'cases:\n  - { role: root, permission: fly }\n');
  write('policy.yaml', "grants:\n  - { role: admin, allow: all, patterns: '*' }\n");
  const entry = {
    audit: 'mutation',
    outcome: 'allowed',
    field: 'executePlaybook',
    permission: 'execute',
    path: 'data/x',
  };
  write('audit.log', `${JSON.stringify({ ...entry, roles: ['analyst'] })}\n${JSON.stringify(entry)}\nnot json\n`);
});
afterAll(() => project?.remove());

const file = (name: string) => join(project.path, name);
const write = (name: string, text: string) => writeFileSync(file(name), text);
const policy = (...args: string[]) => cli(['policy', ...args, '-C', project.path]);

test('test: fine, a failed case with its line, and a broken file', async () => {
  expect(await policy('test', file('cases.yaml'))).toMatchObject({ code: 0, out: '2 passed, 0 failed\n' });
  const { code, out } = await policy('test', file('wrong.yaml'));
  expect(code).toBe(1);
  expect(out).toMatch(/^FAILED wrong\.yaml:4: yes: analyst may execute data\/x/);
  const broken = await policy('test', file('invalid.yaml'));
  expect(broken).toMatchObject({ code: 2, err: expect.stringMatching(/invalid\.yaml:2: unknown role root/) });
});

test('the cases of this repository hold for its config', async () => {
  expect(await cli(['policy', 'test', 'policy-cases.yaml'])).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^\d\d passed, 0 failed\n$/),
  });
});

test('replay, diff and lint exit 1 with what they found', async () => {
  const replay = await policy('replay', file('audit.log'), '--config', file('policy.yaml'));
  expect(replay).toMatchObject({
    code: 1,
    out: expect.stringContaining('audit.log:1: analyst: execute on data/x was allowed'),
  });
  expect(replay.out).toContain('1 decisions replayed, 1 would change, 2 lines are not decisions on a path');
  expect(await policy('replay', file('audit.log'))).toMatchObject({ code: 0 });
  expect(await policy('diff', file('policy.yaml'))).toMatchObject({
    code: 1,
    out: expect.stringContaining('opens: analyst execute on *'),
  });
  const lint = await policy('lint', '--audit', file('audit.log'), '--json');
  expect(lint.code).toBe(1);
  expect(JSON.parse(lint.out)).toContainEqual(
    expect.stringContaining('wider than its use: all 1 decisions are on data/*'),
  );
});

test('lint reports what the start would refuse', async () => {
  const weak = await cliProject(`
    operations: { executions: { upstream: 'GET /api/executions', access: authenticated() } },
    roles: ['admin'],
    grants: [allow('admin', 'all', '*')],`);
  try {
    const lint = () => cli(['policy', 'lint', '-C', weak.path]);
    expect(await lint()).toMatchObject({ code: 0, out: 'nothing to report\n' });
    mkdirSync(join(weak.path, 'mesh', 'generated'), { recursive: true });
    const sdl =
      'scalar JSON type Query { executions: JSON @httpOperation(path: "/api/executions", httpMethod: GET) @noetl(kind: "executions") }';
    writeFileSync(join(weak.path, 'mesh', 'generated', 'schema.graphql'), sdl);
    expect(await lint()).toMatchObject({
      code: 1,
      out: expect.stringMatching(/^operations\.executions\.access: it lists the executions of all playbooks/),
    });
  } finally {
    weak.remove();
  }
});

test('lint compares patterns with the catalog of a file or of NoETL', async () => {
  const found = { code: 1, out: expect.stringMatching(/no path of the catalog matches 'system\/\*'/) };
  const answer = JSON.stringify({ entries: [{ path: 'data/x', version: 1 }] });
  write('paths.txt', 'data/x\n\njobs/y\n');
  write('list.json', '["data/x"]');
  write('answer.json', answer);
  write('empty.json', '{"entries": []}');
  for (const name of ['paths.txt', 'list.json', 'answer.json'])
    expect(await policy('lint', '--catalog', file(name))).toMatchObject(found);
  write('whole.txt', 'data/x\nsystem/y\n');
  expect(await policy('lint', '--catalog', file('whole.txt'))).toMatchObject({ code: 0 });
  expect(await policy('lint', '--catalog', file('empty.json'))).toMatchObject({
    code: 2,
    err: expect.stringContaining('names no catalog path'),
  });
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    if (request.url === '/none') response.statusCode = 404;
    response.end(answer);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    expect(await policy('lint', '--catalog', base)).toMatchObject(found);
    expect(await policy('lint', '--catalog', `${base}/none`)).toMatchObject({
      code: 2,
      err: expect.stringContaining('answered 404'),
    });
    expect(asked).toEqual(['POST /api/catalog/list', 'POST /none']);
  } finally {
    server.close();
  }
});

test('explain follows GATEWAY_POLICY_FILE, as the gateway does', async () => {
  const question = [
    'explain',
    '-C',
    project.path,
    '--role',
    'analyst',
    '--permission',
    'execute',
    '--playbook',
    'data/x',
  ];
  expect(await cli(question)).toMatchObject({ code: 0 });
  expect(await cli(question, { GATEWAY_POLICY_FILE: file('policy.yaml') })).toMatchObject({ code: 1 });
});
