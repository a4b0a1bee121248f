import { describe, expect, test } from 'vitest';
import { GatewayError } from '../../plugins/errors.ts';
import { codes, pluginGateway, post } from '../support/plugin-gateway.ts';

const secret = 'SELECT * FROM noetl.credential';
const failing = (error: unknown) =>
  pluginGateway({
    answer: (field) => {
      if (field === 'special') return 'special';
      throw error;
    },
  });
const query = '{ execution(id: "1") { id } special }';

describe('what a resolver throws', () => {
  test('is masked, reported and named by the id of the request', async () => {
    const gateway = failing(new Error(secret));
    const answer = await post(gateway, { query });
    expect(answer.text).not.toContain('credential');
    expect(answer.json.data).toEqual({ execution: null, special: 'special' });
    expect(answer.json.errors[0].extensions).toEqual({ code: 'ERR_INTERNAL', requestId: 'request-1' });
    expect(gateway.reports).toEqual([{ error: new Error(secret), requestId: 'request-1' }]);
  });

  test('is kept when it is a GatewayError, and the rest answers', async () => {
    const gateway = failing(
      new GatewayError('ERR_UPSTREAM_TIMEOUT', 'NoETL took too long', { cause: new Error(secret) }),
    );
    for (const accept of ['application/json', 'application/graphql-response+json']) {
      const answer = await post(gateway, { query }, { headers: { accept } });
      expect([answer.status, codes(answer), answer.json.data.special]).toEqual([
        200,
        ['ERR_UPSTREAM_TIMEOUT'],
        'special',
      ]);
      expect(answer.text).not.toContain('credential');
    }
    expect(gateway.reports).toEqual([]);
  });
});

describe('what Yoga says about a request', () => {
  test.each<[string, unknown, number, string]>([
    ['broken JSON', '{', 400, 'ERR_REQUEST_INVALID'],
    ['no query', {}, 400, 'ERR_REQUEST_INVALID'],
    ['an unknown parameter', { query, extra: 1 }, 400, 'ERR_REQUEST_INVALID'],
    ['variables that are text', { query, variables: 'x' }, 400, 'ERR_REQUEST_INVALID'],
    ['a syntax error', { query: '{' }, 200, 'ERR_REQUEST_INVALID'],
    ['an unknown field', { query: '{ nothing }' }, 200, 'ERR_REQUEST_INVALID'],
    [
      'a variable of the wrong type',
      { query: 'query ($id: ID!) { execution(id: $id) { id } }', variables: { id: {} } },
      200,
      'ERR_REQUEST_INVALID',
    ],
    [
      'a variable that is missing',
      { query: 'query ($id: ID!) { execution(id: $id) { id } }' },
      200,
      'ERR_REQUEST_INVALID',
    ],
    ['an operation that is missing', { query, operationName: 'X' }, 400, 'ERR_REQUEST_INVALID'],
  ])('%s', async (_name, body, status, code) => {
    const gateway = pluginGateway();
    const answer = await post(gateway, body);
    expect([answer.status, codes(answer)]).toEqual([status, [code]]);
    expect(answer.json.data).toBeUndefined();
    expect(gateway.touched).toEqual([]);
  });

  test('names are not suggested', async () => {
    const wrong = '{ executio(id: "1") { id } playbooks(options: {tgs: ["a"]}) { pth } }';
    const answer = await post(pluginGateway(), { query: wrong });
    expect(codes(answer).length).toBeGreaterThan(1);
    expect(answer.text).not.toMatch(/did you mean/i);
    const variables = { o: { tgs: [] } };
    const inVariables = await post(pluginGateway(), {
      query: 'query ($o: Options) { playbooks(options: $o) { path } }',
      variables,
    });
    expect(codes(inVariables)).toEqual(['ERR_REQUEST_INVALID']);
    expect(inVariables.text).not.toMatch(/did you mean/i);
  });
});

test('an access check that cannot find out denies, with the code of the reason', async () => {
  const down = new GatewayError('ERR_AUTH_UNAVAILABLE', 'access cannot be checked');
  for (const error of [down, new Error(secret)]) {
    const gateway = pluginGateway({ checker: { check: () => Promise.reject(error) } });
    const answer = await post(gateway, { query: 'mutation { executePlaybook(name: "data/x") { id } }' });
    expect(answer.json.data).toBeNull();
    expect(codes(answer)).toEqual([error === down ? 'ERR_AUTH_UNAVAILABLE' : 'ERR_INTERNAL']);
    expect(answer.text).not.toContain('credential');
    expect(gateway.touched).toEqual([]);
    expect(gateway.events).toContainEqual(expect.objectContaining({ type: 'decision', outcome: 'backend_error' }));
  }
});
