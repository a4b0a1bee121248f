import { type FieldDefinitionNode, parse } from 'graphql';
import { describe, expect, test } from 'vitest';
import { callFor } from '../../../../../gateway/calls/call-plan.ts';
import { compileCallPlan } from '../../../../../gateway/calls/compile-call-plan.ts';

function compiled(sdl: string, noetl = '@noetl(kind: "plain")', root: 'query' | 'mutation' = 'query') {
  const [definition] = parse(`type Query { x${sdl} ${noetl} }`).definitions;
  const field = definition?.kind === 'ObjectTypeDefinition' ? definition.fields?.[0] : undefined;
  return compileCallPlan(field as FieldDefinitionNode, { root });
}
function planOf(...of: Parameters<typeof compiled>) {
  const plan = compiled(...of);
  if (plan === undefined) throw new Error('no plan');
  return plan;
}
const get = (more: string) => `: String @httpOperation(httpMethod: GET, ${more})`;
const getOf = (args: string, more: string) => `(${args}): String @httpOperation(httpMethod: GET, ${more})`;
const postOf = (args: string, more: string) =>
  `(${args}): String @httpOperation(httpMethod: POST, path: "/x", ${more})`;

describe('the reason names what is not understood', () => {
  test.each([
    ['path is not a text', ': String @httpOperation(httpMethod: GET)'],
    ['unknown path', get('path: "x"')],
    ['unknown path', get('path: "/x?a=1?b=2"')],
    ['unknown path', get('path: "/x#a"')],
    ['unknown method', ': String @httpOperation(path: "/x", httpMethod: CONNECT)'],
    ['unknown method', ': String @httpOperation(path: "/x")'],
    ['unknown instruction endpoint', get('path: "/x", endpoint: "y"')],
    ['a GET with a body', get('path: "/x", requestBaseBody: {a: 1}')],
    ['a template inside a list', postOf('a: ID', 'requestBaseBody: {a: [1, "{args.a}"]}')],
    ['a template inside a list', postOf('a: ID', 'requestBaseBody: {a: [{b: "{args.a}"}]}')],
    ['the value of a map is not an object', get('path: "/x", queryParamArgMap: "[]"')],
    ['the value of a map is not an object', get('path: "/x", queryParamArgMap: "null"')],
    ['the value of a map is not an object', get('path: "/x", queryParamArgMap: 7')],
    ['queryParamArgMap is not a text', getOf('a: ID', 'path: "/x", queryParamArgMap: {a: 7}')],
    [
      'unknown word round',
      getOf('a: ID', 'path: "/x", queryParamArgMap: {q: "a"}, queryStringOptionsByParam: {q: {style: "round"}}'),
    ],
    ['no argument b', getOf('a: ID', 'path: "/x/{args.a}", queryParamArgMap: {q: "b"}')],
    ['no argument b', postOf('a: ID', 'requestBaseBody: {a: "{args.a}", deep: {b: "{args.b}"}}')],
    ['the argument a is not sent', getOf('a: ID', 'path: "/x"')],
  ])('%s', (reason, sdl) => {
    expect(() => compiled(sdl)).toThrow(new TypeError(`x: ${reason}`));
  });

  test.each([
    ['the schema has no @noetl on it; run generate', ''],
    ['unknown kind of operation', '@noetl(kind: "other")'],
    ['no argument y', '@noetl(kind: "plain", catalogPaths: ["y"])'],
    ['the value of a list of arguments is not a list', '@noetl(kind: "plain", executionIds: "y")'],
    ['no argument old', '@noetl(kind: "plain", formerArguments: ["old:a"])'],
    ['no argument new', '@noetl(kind: "plain", formerArguments: ["a:new"])'],
    ['unknown word xml', '@noetl(kind: "plain", answer: "xml")'],
    ['playbook is not a text', '@noetl(kind: "execute", workload: "w", execution: "e")'],
    ['workload is not a text', '@noetl(kind: "execute", playbook: "p", execution: "e")'],
    ['execution is not a text', '@noetl(kind: "execute", playbook: "p", workload: "w")'],
  ])('%s', (reason, noetl) => {
    expect(() => compiled(getOf('a: ID', 'path: "/x/{args.a}"'), noetl)).toThrow(new TypeError(`x: ${reason}`));
  });
});

test('instructions that change nothing of the request are passed over, as are those that are off', () => {
  const off =
    'subgraph: "noetl", operationSpecificHeaders: [["a", "b"]], queryStringOptions: {indices: false}, other: null, more: false';
  expect(callFor(planOf(get(`path: "/x", ${off}`)), {})).toEqual({
    ...{ method: 'GET', path: '/x', idempotent: true, route: '/x' },
  });
});

test('a GET is sent twice also below a mutation', () => {
  expect(planOf(get('path: "/x"'), undefined, 'mutation').idempotent).toBe(true);
});

test('styles of query parameters, each by the name on the wire', () => {
  const styles = '{a: {style: "comma"}, b: {style: "deep", other: 1}, c: {}}';
  const sdl = getOf(
    'a: ID, b: ID, c: ID',
    `path: "/x", queryParamArgMap: {a: "a", b: "b", c: "c"}, queryStringOptionsByParam: ${styles}`,
  );
  expect(planOf(sdl).query).toEqual([
    ['a', { argument: 'a' }, 'comma'],
    ['b', { argument: 'b' }, 'deep'],
    ['c', { argument: 'c' }],
  ]);
  expect(callFor(planOf(sdl), { a: ['1', '2'], b: { n: 1 }, c: ['3', '4'] }).query).toEqual([
    ...[
      ['a', '1,2'],
      ['b[n]', '1'],
      ['c', '3'],
      ['c', '4'],
    ],
  ]);
});

test('members that NoETL wants also when they are absent are null', () => {
  const body = 'requestBaseBody: {a: "{args.a}", b: "{args.b}", kind: "text", n: {a: "{args.a}"}}';
  const plan = planOf(postOf('a: ID, b: ID', body), '@noetl(kind: "plain", nulls: ["a", "kind"])');
  expect(callFor(plan, {}).body).toEqual({ a: null, kind: 'text', n: {} });
  expect(callFor(plan, { a: '1', b: '2' }).body).toEqual({ a: '1', b: '2', kind: 'text', n: { a: '1' } });
  const whole = planOf(postOf('a: JSON', 'requestBaseBody: "{args.a}"'), '@noetl(kind: "plain", nulls: ["a"])');
  expect(callFor(whole, {}).body).toEqual({});
});

test('a body may be written as text, and scalars and lists are constants', () => {
  const plan = planOf(
    postOf('a: ID', 'requestBaseBody: "{\\"a\\": \\"{args.a}\\", \\"n\\": [1, \\"x\\", true], \\"z\\": null}"'),
  );
  expect(callFor(plan, { a: '1' }).body).toEqual({ a: '1', n: [1, 'x', true], z: null });
});

test('old names of arguments are no arguments of the plan', () => {
  const plan = planOf(
    getOf('a: ID, old: ID', 'path: "/x/{args.a}"'),
    '@noetl(kind: "plain", formerArguments: ["old:a"])',
  );
  expect([...plan.formerArguments]).toEqual([['old', 'a']]);
  expect([...plan.argumentNames]).toEqual(['a']);
  expect(planOf(get('path: "/x"')).argumentNames).toEqual(new Set());
});

test('an answer that is not JSON is asked for as such, and an empty one as nothing', () => {
  const answerOf = (form: string) =>
    callFor(planOf(get('path: "/x"'), `@noetl(kind: "plain", answer: "${form}")`), {}).answer;
  expect([answerOf('text'), answerOf('empty')]).toEqual(['text', undefined]);
});
