import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DevGateway } from '../../dev/start-dev.ts';
import { graphql, startDevGateway } from '../support/dev-gateway.ts';

describe('a policy in the console', () => {
  let dev: DevGateway;
  let token: string;
  let casesFile: string | undefined;

  beforeAll(async () => {
    dev = await startDevGateway({ policyCases: async () => casesFile });
    token = (await dev.login('admin')).sessionToken;
    const { sessionToken: developer } = await dev.login('developer');
    await graphql(dev.url, developer, {
      query: 'mutation { executePlaybook(name: "regression_test/hello_world") { id } }',
    });
  });
  afterAll(() => dev?.stop());

  const ask = async (name: string, input?: unknown) => {
    const answer = await fetch(`${dev.internalUrl}/console/api/${name}`, {
      method: input === undefined ? 'GET' : 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      ...(input !== undefined && { body: JSON.stringify(input) }),
    });
    return { status: answer.status, body: (await answer.json()) as Record<string, never> };
  };

  test('a policy is tried without being saved', async () => {
    const { text } = (await ask('draft')).body as unknown as { text: string };
    const same = (await ask('try', { text })).body;
    expect(same).toMatchObject({ problems: [], warnings: [], changes: [], cells: [], replayed: { changed: [] } });
    const narrow = await ask('try', { text: text.replace('role: developer', 'role: viewer') });
    expect(narrow.body).toMatchObject({
      replayed: {
        count: expect.any(Number),
        changed: expect.arrayContaining([
          expect.objectContaining({
            roles: ['developer'],
            path: 'regression_test/hello_world',
            was: 'allowed',
            is: 'denied',
          }),
        ]),
      },
    });
    const before = (await ask('access')).body;
    const wider = await ask('try', { text: text.replace('data/*', 'reports/*') });
    expect(wider.body).toMatchObject({
      changes: expect.arrayContaining([
        { kind: 'opens', role: 'analyst', permission: 'execute', pattern: 'reports/*' },
        { kind: 'closes', role: 'analyst', permission: 'view', pattern: 'data/*' },
      ]),
      cells: expect.arrayContaining([
        { field: 'executePlaybook', role: 'analyst', was: 'on data/*', is: 'on reports/*' },
      ]),
    });
    expect((await ask('access')).body).toEqual(before);
    const wrong = await ask('try', { text: 'grants:\n  - role: boss\n    allow: all\n    patterns: "*"\n' });
    expect(wrong.body).toMatchObject({ problems: [expect.stringContaining('unknown role boss')], changes: [] });
    for (const input of [{ text: 'x'.repeat(70_000) }, {}]) expect((await ask('try', input)).status).toBe(400);
  });

  test('cases of the file are decided by the grants of now, and read again with each look', async () => {
    casesFile = undefined;
    expect((await ask('cases')).body).toEqual({ file: 'policy-cases.yaml', problems: [], results: [] });
    casesFile = [
      'cases:',
      '  - { role: viewer, field: executePlaybook, playbook: data/report, expect: denied }',
      '  - { role: viewer, permission: view, playbook: data/report, expect: denied }',
    ].join('\n');
    expect((await ask('cases')).body).toMatchObject({
      text: casesFile,
      problems: [],
      results: [
        { roles: ['viewer'], field: 'executePlaybook', expect: 'denied', passed: true },
        {
          permission: 'view',
          source: 'policy-cases.yaml:3',
          passed: false,
          text: expect.stringMatching(/^yes: viewer/),
        },
      ],
    });
    const { text } = (await ask('draft')).body as unknown as { text: string };
    const tried = await ask('try', { text: text.replaceAll('role: viewer', 'role: analyst') });
    expect(tried.body).toMatchObject({ cases: { results: [{ passed: true }, { passed: true }] } });
    expect(tried.body).not.toHaveProperty('draft');
  });

  test('other cases are decided without being saved, and what is wrong is named', async () => {
    casesFile = 'cases: []';
    const other = 'cases:\n  - { role: admin, permission: view, playbook: a, expect: allowed }\n';
    expect((await ask('cases', { text: other })).body).toMatchObject({ results: [{ passed: true }] });
    expect((await ask('cases')).body).toMatchObject({ text: 'cases: []', results: [] });
    expect((await ask('cases', { text: 'cases:\n  - { role: boss }' })).body).toMatchObject({
      problems: [expect.stringContaining('policy-cases.yaml:2: unknown role boss')],
      results: [],
    });
    const line = '  - { role: admin, permission: view, playbook: a, expect: allowed }\n';
    casesFile = `cases:\n${line.repeat(1_001)}`;
    expect((await ask('cases')).body).toMatchObject({
      problems: [expect.stringContaining('1001 cases are more than')],
      results: [],
    });
    for (const input of [{ text: 'x'.repeat(70_000) }, { text: 5 }])
      expect((await ask('cases', input)).status).toBe(400);
  });

  test('findings are those of lint, and what the audit lines did not need', async () => {
    const { body } = await ask('lint');
    expect(body).toMatchObject({ findings: [], decisions: expect.any(Number) });
    expect(body['unused']).toContainEqual(
      expect.stringMatching(/^gateway\.config\.ts:\d+: no decision of the audit log/),
    );
  });

  test('past decisions are decided again by the grants of now', async () => {
    const { body } = await ask('replay');
    expect(body).toMatchObject({ count: expect.any(Number), changed: [] });
    expect(Number(body['count'])).toBeGreaterThan(0);
  });

  test('explains for a user, with the roles of the newest audit line', async () => {
    const { sessionToken: developer } = await dev.login('developer');
    await graphql(dev.url, developer, { query: 'mutation { executePlaybook(name: "system/cleanup") { id } }' });
    const found = await ask('audit', { text: 'system/cleanup', audit: 'denied' });
    const { entries } = found.body as unknown as { entries: { userId: string }[] };
    const user = entries[0]?.userId;
    const no = await ask('explain', { user, permission: 'execute', path: 'system/cleanup' });
    expect(no.body).toMatchObject({ allowed: false, roles: ['developer'], seenAt: expect.any(String) });
    const yes = await ask('explain', { user, permission: 'execute', path: 'data/x' });
    expect(yes.body).toMatchObject({ allowed: true, roles: ['developer'] });
    const unknown = await ask('explain', { user: '77', permission: 'execute', path: 'data/x' });
    expect(unknown.body).toEqual({ allowed: false, lines: [expect.stringContaining('do not name the roles')] });
  });
});
