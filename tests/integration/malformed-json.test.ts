import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DevGateway } from '../../dev/start-dev.ts';
import { startDevGateway } from '../support/dev-gateway.ts';

let dev: DevGateway;
let token: string;

beforeAll(async () => {
  dev = await startDevGateway();
  token = (await dev.login('developer')).sessionToken;
});
afterAll(() => dev?.stop());

const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;

const post = (path: string, body: string) =>
  fetch(dev.url + path, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${token}`,
      accept: 'application/json, text/event-stream',
    },
    body,
  });

const executePlaybook = 'mutation ($v: JSON) { executePlaybook(name: "data/none", variables: $v) { id } }';

describe.each([1_100, 5_000])('JSON that is nested %i deep', (depth) => {
  it.each([
    [
      '/graphql',
      (deep: string) => `{"query": "${executePlaybook.replaceAll('"', '\\"')}", "variables": {"v": ${deep}}}`,
    ],
    ['/noetl/execute', (deep: string) => `{"path": "data/none", "payload": ${deep}}`],
    ['/mcp', (deep: string) => `{"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"x": ${deep}}}`],
    ['/api/auth/login', (deep: string) => `{"auth0_token": ${deep}}`],
    ['/api/auth/validate', (deep: string) => deep],
  ])('is refused at %s with 400', async (path, bodyOf) => {
    const answer = await post(path, bodyOf(nested(depth)));
    expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining('nested deeper')]);
  });
});

it('brackets within texts are not nesting', async () => {
  const answer = await post('/graphql', JSON.stringify({ query: `{ __typename } # ${'['.repeat(5_000)} \\" {` }));
  expect(await answer.json()).toEqual({ data: { __typename: 'Query' } });
});

describe('a GET of /graphql', () => {
  const get = (parameters: Record<string, string>) =>
    fetch(`${dev.url}/graphql?${new URLSearchParams(parameters)}`, { headers: { authorization: `Bearer ${token}` } });

  it.each(['xyz', '"text"', '[1]', '5', '{', nested(2_000)])(
    'with %s as variables or extensions is 400',
    async (value) => {
      for (const name of ['variables', 'extensions']) {
        const answer = await get({ query: '{ __typename }', [name]: value });
        expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining('ERR_REQUEST_INVALID')]);
      }
    },
  );

  it('with an object, null or nothing runs', async () => {
    for (const value of ['{"a": 1}', 'null', '']) {
      const answer = await get({ query: '{ __typename }', variables: value, extensions: value });
      expect(await answer.json()).toEqual({ data: { __typename: 'Query' } });
    }
  });
});
