import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DevGateway } from '../../dev/start-dev.ts';
import { graphql, startDevGateway } from '../support/dev-gateway.ts';

describe('a policy in the console', () => {
  let dev: DevGateway;
  let token: string;

  beforeAll(async () => {
    dev = await startDevGateway();
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
});
