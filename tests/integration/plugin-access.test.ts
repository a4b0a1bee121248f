import { describe, expect, test } from 'vitest';
import { codes, pluginGateway, post } from '../support/plugin-gateway.ts';

describe('without a valid session', () => {
  const nothing = { query: '{ __typename }' };
  test.each([
    ['no token', '', {}, 'ERR_TOKEN_MISSING'],
    ['another scheme', '', { authorization: 'Basic dG9rZW4=' }, 'ERR_TOKEN_MISSING'],
    ['a malformed token', '', { authorization: 'Bearer a b' }, 'ERR_TOKEN_MALFORMED'],
    ['an unknown token', 'unknown', {}, 'ERR_SESSION_INVALID'],
  ])('%s is 401', async (_name, token, headers, code) => {
    const gateway = pluginGateway();
    const answer = await post(gateway, nothing, { token, headers });
    expect(answer.status).toBe(401);
    expect(answer.json).toEqual({ errors: [{ message: expect.any(String), extensions: { code } }] });
    expect(gateway.touched).toEqual([]);
  });

  test.each(['not json', '{"query": "{"}', '[{"query":"{__typename}"}]', '{"query":"{ executio }"}'])(
    'nothing is parsed: %s',
    async (body) => {
      expect((await post(pluginGateway(), body, { token: '' })).status).toBe(401);
    },
  );

  test('a session that cannot be checked is 503 with Retry-After', async () => {
    const answer = await post(pluginGateway(), nothing, { token: 'token-broken' });
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).toMatch(/^\d+$/);
    expect(codes(answer)).toEqual(['ERR_STORE']);
  });
});

describe('the flow of the protocol', () => {
  test('executes and polls', async () => {
    const gateway = pluginGateway();
    const query =
      'mutation Execute($name: String!, $vars: JSON) { executePlaybook(name: $name, variables: $vars) { id } }';
    const variables = { name: 'data/report', vars: { query: 'Flight from SFO to JFK' } };
    expect((await post(gateway, { query, variables })).json.data.executePlaybook.id).toBe('1');
    const status = { query: 'query Status($id: ID!) { execution(id: $id) { id status } }', variables: { id: '1' } };
    expect((await post(gateway, status)).json).toEqual({ data: { execution: { id: '1', status: 'RUNNING' } } });
    expect(gateway.touched.map(({ field }) => field)).toEqual(['executePlaybook', 'execution']);
  });
});
