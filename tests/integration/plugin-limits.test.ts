import { getIntrospectionQuery } from 'graphql';
import { describe, expect, test } from 'vitest';
import { codes, pluginGateway, post } from '../support/plugin-gateway.ts';

const repeat = (times: number, text: (n: number) => string) =>
  Array.from({ length: times }, (_, n) => text(n)).join(' ');
const nested = (levels: number, inside: string) =>
  `{ execution(id: "1") { ${'parent { '.repeat(levels)}${inside}${' }'.repeat(levels)} } }`;

/** A query of 16 tokens and as many more as it has tags. */
const tagged = (tags: number) => `{ playbooks(options: {tags: [${'"a" '.repeat(tags)}]}) { path } }`;

/** Queries just within a limit and just beyond it. */
const limits: Record<string, { within: string; beyond: string }> = {
  depth: { within: nested(13, 'id'), beyond: nested(14, 'id') },
  'depth in a fragment': {
    within: `${nested(7, '...F')} fragment F on Execution { ${'parent { '.repeat(6)}id${' }'.repeat(6)} }`,
    beyond: `${nested(7, '...F')} fragment F on Execution { ${'parent { '.repeat(7)}id${' }'.repeat(7)} }`,
  },
  'depth in a fragment named __schema': {
    within: '{ ...__schema } fragment __schema on Query { special }',
    beyond: `{ ...__schema } fragment __schema on Query ${nested(14, 'id')}`,
  },
  'depth of introspection': {
    within: '{ __schema { types { fields { type { ofType { ofType { name } } } } } } }',
    beyond: `{ __schema { types { fields { type { ${'ofType { '.repeat(11)}name${' }'.repeat(11)} } } } } }`,
  },
  aliases: {
    within: `{ execution(id: "1") { ${repeat(15, (n) => `a${n}: id`)} } }`,
    beyond: `{ execution(id: "1") { ${repeat(16, (n) => `a${n}: id`)} } }`,
  },
  'aliases of __typename': {
    within: `{ execution(id: "1") { ${repeat(15, (n) => `a${n}: __typename`)} } }`,
    beyond: `{ execution(id: "1") { ${repeat(16, (n) => `a${n}: __typename`)} } }`,
  },
  'aliases in a fragment': {
    within: `{ execution(id: "1") { ...F } } fragment F on Execution { ${repeat(15, (n) => `a${n}: id`)} }`,
    beyond: `{ execution(id: "1") { ...F } } fragment F on Execution { ${repeat(16, (n) => `a${n}: id`)} }`,
  },
  'root fields': {
    within: `{ ${repeat(10, (n) => `a${n}: special`)} }`,
    beyond: `{ ${repeat(11, (n) => `a${n}: special`)} }`,
  },
  'root fields in fragments': {
    within: `{ ...F ... { ${repeat(5, (n) => `b${n}: special`)} } } fragment F on Query { ${repeat(5, (n) => `a${n}: special`)} }`,
    beyond: `{ ...F ... { ${repeat(5, (n) => `b${n}: special`)} } } fragment F on Query { ${repeat(6, (n) => `a${n}: special`)} }`,
  },
  'root fields that are one': { within: `{ ${'special '.repeat(10)} }`, beyond: `{ ${'special '.repeat(11)} }` },
  tokens: { within: tagged(984), beyond: tagged(985) },
  'bytes of a query': {
    within: `{ special } #${'x'.repeat(32 * 1024 - 13)}`,
    beyond: `{ special } #${'x'.repeat(32 * 1024 - 12)}`,
  },
  'bytes of a query, several of them a character': {
    within: `{ special } #${'é'.repeat(16 * 1024 - 7)}`,
    beyond: `{ special } #${'é'.repeat(16 * 1024 - 6)}`,
  },
  directives: {
    within: `{ special ${'@skip(if: false) '.repeat(1)} execution(id: "1") { ${repeat(49, () => 'id @skip(if: false)')} } }`,
    beyond: `{ special ${'@skip(if: false) '.repeat(1)} execution(id: "1") { ${repeat(50, () => 'id @skip(if: false)')} } }`,
  },
  cost: {
    within: nested(
      8,
      repeat(60, () => 'id'),
    ),
    beyond: nested(
      12,
      repeat(60, () => 'id'),
    ),
  },
};

describe('limits', () => {
  test.each(Object.entries(limits))('%s', async (_name, { within, beyond }) => {
    const gateway = pluginGateway();
    expect((await post(gateway, { query: within })).json.errors).toBeUndefined();
    gateway.touched.length = 0;
    const answer = await post(gateway, { query: beyond });
    expect(answer.status).toBe(400);
    expect(codes(answer)).toEqual(['ERR_QUERY_REFUSED']);
    expect(answer.json.errors[0].message).not.toMatch(/\d|token|depth|alias|cost|directive/);
    expect(gateway.touched).toEqual([]);
  });

  test('a query of another operation in the document counts too', async () => {
    const query = `query A { special } query B { ${repeat(11, (n) => `a${n}: special`)} }`;
    expect(codes(await post(pluginGateway(), { query, operationName: 'A' }))).toEqual(['ERR_QUERY_REFUSED']);
  });

  test('are the same the second time, from the cache', async () => {
    const gateway = pluginGateway();
    const { tokens } = limits;
    for (const _ of [1, 2]) {
      expect(codes(await post(gateway, { query: tokens?.beyond }))).toEqual(['ERR_QUERY_REFUSED']);
      expect(codes(await post(gateway, { query: limits['root fields']?.beyond }))).toEqual(['ERR_QUERY_REFUSED']);
    }
  });

  test.each([
    [{}],
    [{ descriptions: false }],
    [
      {
        schemaDescription: true,
        specifiedByUrl: true,
        directiveIsRepeatable: true,
        inputValueDeprecation: true,
        oneOf: true,
      },
    ],
  ])('the introspection query of GraphiQL passes: %o', async (options) => {
    const answer = await post(pluginGateway(), { query: getIntrospectionQuery(options) });
    expect(answer.json.data.__schema.queryType).toEqual({ name: 'Query', kind: 'OBJECT' });
  });

  test('fragments that spread one another end as an error of validation', async () => {
    const query = '{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }';
    expect(codes(await post(pluginGateway(), { query }))).toEqual(['ERR_REQUEST_INVALID']);
  });
});

describe('arguments', () => {
  const execute = 'mutation ($v: JSON) { executePlaybook(name: "data/x", variables: $v) { id } }';
  const deep = (levels: number) => JSON.parse(`${'['.repeat(levels)}1${']'.repeat(levels)}`);

  test.each<[string, unknown, string]>([
    ['an expression', { q: '{{ 7*7 }}' }, 'variables.q'],
    ['a statement', { q: '{% if x %}' }, 'variables.q'],
    ['a comment', { q: '{# x #}' }, 'variables.q'],
    ['in a key', { 'a{{b}}': 1 }, 'variables'],
    ['in a list', { list: ['a', { b: ['c', 'x {{ y'] }] }, 'variables.list[1].b[1]'],
    ['in text alone', '{{ 7*7 }}', 'variables'],
    ['a long run', { q: 'a'.repeat(4001) }, 'variables.q'],
    ['a long run inside text', { q: `see ${'a1'.repeat(2001)} there` }, 'variables.q'],
    ['a long run in a key', { ['k'.repeat(4001)]: 1 }, 'variables'],
    ['a long run with signs of a URL scheme', { q: 'a+b.c-'.repeat(700) }, 'variables.q'],
    ['a mark hidden in JSON text', { q: '["\\u007b\\u007b 7*7 }}"]' }, 'variables.q'],
    ['nesting', deep(80), 'variables[0][0]'],
  ])('%s is refused, with its place', async (_name, v, place) => {
    const gateway = pluginGateway();
    const answer = await post(gateway, { query: execute, variables: { v } });
    expect(codes(answer)).toEqual(['ERR_REQUEST_INVALID']);
    expect(answer.json.errors[0].message.startsWith(place)).toBe(true);
    expect(answer.json.errors[0].message.length).toBeLessThan(400);
    expect(gateway.touched).toEqual([]);
  });

  test.each([
    ['in a literal', 'mutation { executePlaybook(name: "data/x", variables: {q: "{{ 1 }}"}) { id } }'],
    [
      'in a key of a default',
      'mutation ($v: JSON = {q: ["{% x %}"]}) { executePlaybook(name: "data/x", variables: $v) { id } }',
    ],
    ['in an id', 'mutation { cancelExecution(id: "1{{") { id } }'],
    ['in another argument', 'mutation { cancelExecution(id: "1", reason: "{{ x }}") { id } }'],
    ['in an argument of a query', '{ playbooks(options: {tags: ["a", "{#"]}) { path } }'],
    ['in a catalog path beside the rule', '{ special(path: "data/../x") }'],
  ])('%s too', async (_name, query) => {
    const gateway = pluginGateway();
    expect(codes(await post(gateway, { query }))).toEqual(['ERR_REQUEST_INVALID']);
    expect(gateway.touched).toEqual([]);
  });

  test.each<[string, unknown]>([
    ['braces', { q: '{ "a": { "b": 1 } }', r: '}}', s: '{ {' }],
    ['a run at the limit', { q: 'a'.repeat(4000) }],
    ['long text with breaks', { q: `${'a'.repeat(3000)}/${'b'.repeat(3000)}` }],
    ['nesting that people use', deep(40)],
    ['numbers and nothing', { n: 1.5, b: true, z: null }],
  ])('%s passes', async (_name, v) => {
    const gateway = pluginGateway();
    await post(gateway, { query: execute, variables: { v } });
    expect(gateway.touched).toEqual([{ field: 'executePlaybook', args: { name: 'data/x', variables: v } }]);
  });

  test('an operation may allow templates, but not long runs', async () => {
    const gateway = pluginGateway();
    const query = 'mutation ($t: JSON) { render(name: "data/x", template: $t) { id } }';
    expect((await post(gateway, { query, variables: { t: '{{ x }}' } })).json.data.render.id).toBe('1');
    expect(codes(await post(gateway, { query, variables: { t: 'a'.repeat(4001) } }))).toEqual(['ERR_REQUEST_INVALID']);
  });
});

describe('the content type', () => {
  const query = { query: 'mutation { executePlaybook(name: "data/x") { id } }' };
  test.each(['application/json', 'application/json; charset=utf-8', 'application/json;charset=UTF-8'])(
    '%s passes',
    async (type) => {
      expect((await post(pluginGateway(), query, { headers: { 'content-type': type } })).status).toBe(200);
    },
  );

  test.each([
    'text/plain',
    'text/plain; application/json',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/graphql',
    'application/jsonp',
    'text/plain, application/json',
    '',
  ])('%j is refused', async (type) => {
    const gateway = pluginGateway();
    const answer = await post(gateway, query, { headers: { 'content-type': type } });
    expect([answer.status, codes(answer)]).toEqual([415, ['ERR_MEDIA_TYPE']]);
    expect(gateway.touched).toEqual([]);
  });
});
