import { describe, expect, test } from 'vitest';
import { codes, pluginGateway, post } from '../support/plugin-gateway.ts';

/**
 * The checks that the scanner graphql-cop makes, each as it makes it: first as anybody, who gets nowhere, then as a caller
 * with a session.
 */
const json = (body: unknown) => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});
const lines = (times: number, line: (n: number) => string) =>
  Array.from({ length: times }, (_, n) => line(n)).join(' ');

interface Check {
  readonly url?: string;
  readonly init: { method?: string; headers: Record<string, string>; body?: string };
  /** What a caller with a session gets. */
  readonly status: number;
  readonly code?: string;
}

const checks: Record<string, Check> = {
  'alias overloading': {
    init: json({ query: `query cop { ${lines(101, (n) => `alias${n}: __typename`)} }`, operationName: 'cop' }),
    status: 400,
    code: 'ERR_QUERY_REFUSED',
  },
  'array-based batching': {
    init: json(Array.from({ length: 10 }, () => ({ query: 'query cop { __typename }', operationName: 'cop' }))),
    status: 400,
    code: 'ERR_REQUEST_INVALID',
  },
  'directive overloading': {
    init: json({ query: `query cop { __typename ${'@aa'.repeat(60)} }`, operationName: 'cop' }),
    status: 400,
    code: 'ERR_QUERY_REFUSED',
  },
  'circular introspection': {
    init: json({
      query:
        'query cop { __schema { types { fields { type { fields { type { fields { type { fields { type { name } } } } } } } } } } }',
    }),
    status: 200,
    code: 'ERR_REQUEST_INVALID',
  },
  'field duplication': {
    init: json({ query: `query cop { ${'__typename '.repeat(500)} }` }),
    status: 400,
    code: 'ERR_QUERY_REFUSED',
  },
  'mutation by GET': {
    url: `?query=${encodeURIComponent('mutation cop { __typename }')}`,
    init: { headers: {} },
    status: 405,
    code: 'ERR_METHOD',
  },
  'POST as a form': {
    init: {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: `query=${encodeURIComponent('mutation cop { executePlaybook(name: "data/x") { id } }')}`,
    },
    status: 415,
    code: 'ERR_MEDIA_TYPE',
  },
  'unhandled error': { init: json({ query: 'qwerty cop { abc }' }), status: 200, code: 'ERR_REQUEST_INVALID' },
  'field suggestions': {
    init: json({ query: 'query cop { __schema { directive } }' }),
    status: 200,
    code: 'ERR_REQUEST_INVALID',
  },
};

async function ask({ url = '', init }: Check, token?: string) {
  const gateway = pluginGateway();
  const headers = {
    accept: 'application/json',
    ...init.headers,
    ...(token ? { authorization: `Bearer ${token}` } : {}),
  };
  const response = await gateway.yoga.fetch(`http://gateway.example.com/graphql${url}`, { ...init, headers });
  const text = await response.text();
  return { gateway, status: response.status, text, headers: response.headers };
}

describe('as anybody', () => {
  test.each(Object.entries(checks))('%s', async (_name, check) => {
    const { status, text, gateway } = await ask(check);
    expect([status, JSON.parse(text).errors[0].extensions.code]).toEqual([401, 'ERR_TOKEN_MISSING']);
    expect(gateway.touched).toEqual([]);
  });

  test('introspection', async () => {
    const { status, text } = await ask({ init: json({ query: '{ __schema { types { name } } }' }), status: 0 });
    expect(status).toBe(401);
    expect(text).not.toContain('Query');
  });

  test('GraphiQL is there by protocol, and is all that is there', async () => {
    const page = await ask({ init: { headers: { accept: 'text/html' } }, status: 0 });
    expect(page.status).toBe(200);
    const withQuery = await ask({
      url: '?query={__typename}',
      init: { headers: { accept: 'application/json, text/html;q=0' } },
      status: 0,
    });
    expect(withQuery.text).not.toContain('"Query"');
  });
});

describe('with a session', () => {
  test.each(Object.entries(checks))('%s', async (_name, check) => {
    const { status, text, gateway } = await ask(check, 'token-analyst');
    expect(status).toBe(check.status);
    if (check.code !== undefined)
      expect(JSON.parse(text).errors.map((error: { extensions: object }) => error.extensions)).toContainEqual({
        code: check.code,
      });
    expect(text).not.toMatch(/did you mean|stack|node_modules|tracing/i);
    expect(gateway.touched).toEqual([]);
  });

  test('no tracing, whatever is asked for', async () => {
    const check = { init: json({ query: '{ __typename }', extensions: { tracing: true } }), status: 200 };
    const { text } = await ask(check, 'token-analyst');
    expect(JSON.parse(text)).toEqual({ data: { __typename: 'Query' } });
  });

  test('introspection can be switched off, and is then off everywhere', async () => {
    const gateway = pluginGateway({ introspection: false });
    for (const query of [
      '{ __schema { types { name } } }',
      '{ __type(name: "Query") { name } }',
      '{ ...F } fragment F on Query { a: __schema { types { name } } }',
      '{ special ... { b: __type(name: "Query") { name } } }',
    ]) {
      const answer = await post(gateway, { query });
      expect(codes(answer)).toEqual(['ERR_ACCESS_DENIED']);
      expect(answer.json.data).toBeUndefined();
    }
    expect((await post(gateway, { query: '{ __typename special }' })).json.data).toEqual({
      __typename: 'Query',
      special: 'special',
    });
  });
});
