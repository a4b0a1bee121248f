import { type FieldDefinitionNode, parse } from 'graphql';
import { describe, expect, test } from 'vitest';
import { callFor } from '../../../../../gateway/calls/call-plan.ts';
import { compileCallPlan } from '../../../../../gateway/calls/compile-call-plan.ts';
import { GatewayError } from '../../../../../plugins/errors.ts';
import { rawNumber } from '../../../../../plugins/json/lossless-json.ts';

function fieldOf(sdl: string): FieldDefinitionNode {
  const [definition] = parse(`type Query { ${sdl} }`).definitions;
  const field = definition?.kind === 'ObjectTypeDefinition' ? definition.fields?.[0] : undefined;
  if (field === undefined) throw new Error('no field');
  return field;
}

/** @param noetl the arguments of `@noetl`; every field that is called has one. */
function planOf(sdl: string, noetl = 'kind: "plain"', root: 'query' | 'mutation' = 'query') {
  const plan = compileCallPlan(fieldOf(`${sdl} @noetl(${noetl})`), { root });
  if (plan === undefined) throw new Error('no plan');
  return plan;
}

const codeOf = (run: () => unknown): string => {
  try {
    run();
    return 'made';
  } catch (error) {
    return error instanceof GatewayError ? error.code : String(error);
  }
};

const byId = 'x(id: ID!): String @httpOperation(path: "/api/executions/{args.id}", httpMethod: GET)';
const byName = 'x(name: String): String @httpOperation(path: "/api/things/{args.name}/read", httpMethod: GET)';
const bySchema = 'x(path: String): String @httpOperation(path: "/api/catalog/{args.path}/ui_schema", httpMethod: GET)';

const ofExecution = 'kind: "execution", executionIds: ["id"]';

describe('path arguments', () => {
  test.each([
    ['a/b', '/api/things/a%2Fb/read'],
    ['../internal?x=1#y', '/api/things/..%2Finternal%3Fx%3D1%23y/read'],
    ['%2e%2e', '/api/things/%252e%252e/read'],
    ['a b\r\nc', '/api/things/a%20b%0D%0Ac/read'],
    ['\\..\\', '/api/things/%5C..%5C/read'],
    ['żółć', '/api/things/%C5%BC%C3%B3%C5%82%C4%87/read'],
  ])('%j is one segment', (name, path) => {
    expect(callFor(planOf(byName), { name }).path).toBe(path);
  });

  test.each(['', '.', '..', null, undefined, '\ud800', {}, [], Number.NaN])('%j is refused', (name) => {
    expect(codeOf(() => callFor(planOf(byName), { name }))).toBe('ERR_REQUEST_INVALID');
  });

  test.each([
    ['767008253774397449', '/api/executions/767008253774397449'],
    [rawNumber('767008253774397449'), '/api/executions/767008253774397449'],
    [12, '/api/executions/12'],
    ['0012', '/api/executions/12'],
  ])('the execution id %j', (id, path) => {
    expect(callFor(planOf(byId, ofExecution), { id }).path).toBe(path);
  });

  test.each(['exec-12345', '', '-1', '1.5', '1e3', ' 1', '99999999999999999999', '9223372036854775808', 2 ** 60])(
    'the execution id %j is refused',
    (id) => {
      expect(codeOf(() => callFor(planOf(byId, ofExecution), { id }))).toBe('ERR_REQUEST_INVALID');
    },
  );

  test('a catalog path keeps its slashes, and is in normal form', () => {
    const plan = planOf(bySchema, 'kind: "catalogEntry", catalogPaths: ["path"]');
    expect(callFor(plan, { path: 'a b/c' }).path).toBe('/api/catalog/a%20b/c/ui_schema');
    for (const path of ['../x', 'a//b', '/a', 'a/', 'a/../b', 'a%2fb', '{{ x }}', 'a\\b']) {
      expect(codeOf(() => callFor(plan, { path }))).toBe('ERR_REQUEST_INVALID');
    }
  });

  test('a catalog path in a body is in normal form too', () => {
    const sdl =
      'x(path: String): String @httpOperation(path: "/a", httpMethod: POST, requestBaseBody: {path: "{args.path}"})';
    const plan = planOf(sdl, 'kind: "catalogEntry", catalogPaths: ["path"]');
    expect(callFor(plan, { path: 'a/b' }).body).toEqual({ path: 'a/b' });
    expect(callFor(plan, { path: null }).body).toEqual({});
    for (const path of ['../x', 'a//b', '', ['a/b']]) {
      expect(codeOf(() => callFor(plan, { path }))).toBe('ERR_REQUEST_INVALID');
    }
  });

  test('a value out of bounds is refused and never changed', () => {
    const sdl =
      'x(size: Int): String @httpOperation(path: "/a", httpMethod: GET, queryParamArgMap: {page_size: "size"})';
    const plan = planOf(sdl, 'kind: "plain", bounds: {size: {minimum: 10, maximum: 500}}');
    for (const size of [10, '500', rawNumber('20')])
      expect(callFor(plan, { size }).query).toEqual([['page_size', `${size}`]]);
    expect(callFor(plan, { size: null }).query).toBeUndefined();
    for (const size of [9, 501, '-1', 'ten', rawNumber('5000'), true])
      expect(() => callFor(plan, { size })).toThrow('size must be between 10 and 500');
    expect(() => planOf(sdl, 'kind: "plain", bounds: {other: {minimum: 1}}')).toThrow('no argument other');
  });

  test('the message names the argument and not its value', () => {
    expect(() => callFor(planOf(byName), { name: '..' })).toThrow('"name"');
    expect(() => callFor(planOf(byId), { id: 's3cret' })).not.toThrow('s3cret');
  });
});

describe('query and body', () => {
  const list = `x(page: Int, tags: [String!], on: Boolean): String
    @httpOperation(path: "/api/list?limit=5&who={args.page}", httpMethod: GET, queryParamArgMap: "{\\"tag\\":\\"tags\\",\\"on\\":\\"on\\"}")`;
  const save = `x(name: String, vars: JSON, reason: String): String @httpOperation(path: "/api/save", httpMethod: POST,
    requestBaseBody: {path: "{args.name}", cascade: true, deep: {reason: "{args.reason}", kind: "text"}, workload: "{args.vars}", list: [1, 2]})`;

  test('constants, lists and arguments; absent and null ones are left out', () => {
    expect(callFor(planOf(list), { page: 2, tags: ['a&b', 'c'], on: false }).query).toEqual([
      ['limit', '5'],
      ['who', '2'],
      ['tag', 'a&b'],
      ['tag', 'c'],
      ['on', 'false'],
    ]);
    expect(callFor(planOf(list), { tags: null }).query).toEqual([['limit', '5']]);
    expect(callFor(planOf(list), {}).body).toBeUndefined();
  });

  test('a body keeps objects, constants and digits', () => {
    const vars = { big: rawNumber('9007199254740993'), none: null };
    const { body, query } = callFor(planOf(save), { name: 'a/b', vars, reason: null });
    expect(JSON.stringify(body)).toBe(
      '{"path":"a/b","cascade":true,"deep":{"kind":"text"},"workload":{"big":9007199254740993,"none":null},"list":[1,2]}',
    );
    expect(query).toBeUndefined();
  });

  test('a whole argument as body', () => {
    const plan = planOf(
      'x(input: JSON): String @httpOperation(path: "/a", httpMethod: POST, requestBaseBody: "{args.input}")',
    );
    expect(callFor(plan, { input: { a: 1 } }).body).toEqual({ a: 1 });
    expect(callFor(plan, {}).body).toEqual({});
  });

  test('a query argument that is no text, number or boolean is refused', () => {
    expect(codeOf(() => callFor(planOf(list), { page: { a: 1 } }))).toBe('ERR_REQUEST_INVALID');
    expect(codeOf(() => callFor(planOf(list), { tags: ['\udc00'] }))).toBe('ERR_REQUEST_INVALID');
  });

  test('an argument that the field does not have is a bug', () => {
    expect(codeOf(() => callFor(planOf(list), { other: 1 }))).toBe('ERR_INTERNAL');
  });

  test('reads may be sent twice, and nothing else', () => {
    expect(callFor(planOf(byId), { id: '1' }).idempotent).toBe(true);
    expect(callFor(planOf(save), {}).idempotent).toBe(true);
    expect(callFor(planOf(save, 'kind: "plain"', 'mutation'), {}).idempotent).toBe(false);
  });

  test('the route is the template, never the path', () => {
    expect(callFor(planOf(byId), { id: '1' }).route).toBe('/api/executions/{args.id}');
  });
});

describe('what is not understood stops the start', () => {
  test.each([
    [
      'a path argument that is unknown',
      'x(a: ID): String @httpOperation(path: "/x/{args.b}/{args.a}", httpMethod: GET)',
    ],
    ['an argument that is not sent', 'x(a: ID): String @httpOperation(path: "/x", httpMethod: GET)'],
    ['another template', 'x(a: ID): String @httpOperation(path: "/x/{env.A}/{args.a}", httpMethod: GET)'],
    ['braces', 'x: String @httpOperation(path: "/x/{a}", httpMethod: GET)'],
    [
      'a template in a text',
      'x(a: ID): String @httpOperation(path: "/x", httpMethod: POST, requestBaseBody: {a: "x{args.a}"})',
    ],
    [
      'a template in a list',
      'x(a: ID): String @httpOperation(path: "/x", httpMethod: POST, requestBaseBody: {a: ["{args.a}"]})',
    ],
    [
      'a GET with a body',
      'x(a: ID): String @httpOperation(path: "/x", httpMethod: GET, requestBaseBody: {a: "{args.a}"})',
    ],
    ['no path', 'x: String @httpOperation(httpMethod: GET)'],
    ['a whole address', 'x: String @httpOperation(path: "http://example.com/x", httpMethod: GET)'],
    ['an unknown method', 'x: String @httpOperation(path: "/x", httpMethod: CONNECT)'],
    ['an unknown instruction', 'x: String @httpOperation(path: "/x", httpMethod: GET, endpoint: "http://example.com")'],
    ['a broken map', 'x(a: ID): String @httpOperation(path: "/x", httpMethod: GET, queryParamArgMap: "[")'],
  ])('%s', (_name, sdl) => {
    expect(() => planOf(sdl)).toThrow(/^x: /);
  });

  test('a field without instructions has no plan', () => {
    expect(compileCallPlan(fieldOf('x: String'), { root: 'query' })).toBeUndefined();
  });

  test('what starts playbooks takes a clientId and does not send it', () => {
    const start = 'kind: "execute", playbook: "path", workload: "workload", execution: "execution_id"';
    const plan = planOf('x(clientId: ID): String @httpOperation(path: "/x", httpMethod: POST)', start, 'mutation');
    expect(callFor(plan, { clientId: 'c' })).toEqual({ method: 'POST', path: '/x', idempotent: false, route: '/x' });
  });

  test.each([
    ['no kind', ''],
    ['an unknown kind', '@noetl(kind: "other")'],
    ['a path that is no argument', '@noetl(kind: "plain", catalogPaths: ["y"])'],
    ['ids that are no list', '@noetl(kind: "plain", executionIds: {a: 1})'],
    ['a start without its members', '@noetl(kind: "execute")'],
  ])('a field is not called when the schema says %s', (_name, noetl) => {
    const field = fieldOf(`x: String @httpOperation(path: "/x", httpMethod: GET) ${noetl}`);
    expect(() => compileCallPlan(field, { root: 'query' })).toThrow(/^x: /);
  });
});
