import { describe, expect, test } from 'vitest';
import { codeIn } from '../support/executor-caller.ts';
import { foreignDocument, foreignGateway, problemsOf } from '../support/foreign-gateway.ts';

const forms = foreignDocument('forms.yaml');

describe('lists and objects in a query', () => {
  const search = () => foreignGateway(forms, { search: { upstream: 'GET /search' } }, { 'GET /search': { body: 1 } });

  test.each<[string, unknown, readonly (readonly [string, string])[]]>([
    ['ids', ['a', 'b,c'], [['ids', 'a,b,c']]],
    ['tags', ['a', 'b'], [['tags', 'a|b']]],
    ['words', ['a', 'b'], [['words', 'a b']]],
    [
      'repeated',
      ['a', 'b'],
      [
        ['repeated', 'a'],
        ['repeated', 'b'],
      ],
    ],
    [
      'filter',
      { state: 'on', sizes: [1, 2], inner: { depth: 3 } },
      [
        ['filter[state]', 'on'],
        ['filter[sizes]', '1'],
        ['filter[sizes]', '2'],
        ['filter[inner][depth]', '3'],
      ],
    ],
    ['page', { size: 5, token: 'x' }, [['page', 'size,5,token,x']]],
    [
      'range',
      { from: 1, to: 2 },
      [
        ['from', '1'],
        ['to', '2'],
      ],
    ],
    ['where', { state: 'on' }, [['where', '{"state":"on"}']]],
  ])('%s is sent as the document wants it', async (name, value, query) => {
    const { ask, calls, built } = await search();
    expect(Object.keys(built.schema.getQueryType()?.getFields()['search']?.args ?? {})).toHaveLength(8);
    expect((await ask('{ search }', { args: { [name]: value } })).errors).toBeUndefined();
    expect(calls[0]?.query).toEqual(query);
  });

  test('a member whose name would end its brackets is refused', async () => {
    const { ask, calls } = await search();
    expect(codeIn(await ask('{ search }', { args: { filter: { 'a]=1&x[': 'b' } } }))).toBe('ERR_REQUEST_INVALID');
    expect(calls).toEqual([]);
  });
});

describe('answers that are not JSON', () => {
  test('text is a text, bytes are what the row says, nothing is true', async () => {
    const { ask, calls, sdl } = await foreignGateway(
      forms,
      {
        raw: { upstream: 'GET /files/{parts}/raw' },
        picture: { upstream: 'GET /picture', answer: 'link' },
        removeThing: { upstream: 'DELETE /things/{thing}' },
      },
      {
        'GET /files/a,b%2Fc/raw': { body: '1' },
        'GET /picture': { body: 'data:' },
        'DELETE /things/7': { status: 204 },
      },
    );
    expect(sdl).toContain('raw(parts: [String]!): String');
    expect(sdl).toContain('removeThing(thing: String!): Boolean');
    expect((await ask('{ raw(parts: []) }', { args: { parts: ['a', 'b/c'] } })).data).toEqual({ raw: '1' });
    expect((await ask('{ picture }')).data).toEqual({ picture: 'data:' });
    expect((await ask('mutation { removeThing(thing: "7") }', { args: { thing: '7' } })).data).toEqual({
      removeThing: true,
    });
    expect(calls.map(({ answer }) => answer)).toEqual(['text', 'link', undefined]);
  });
});

describe('what a call carries', () => {
  const rows = {
    addThing: { upstream: 'POST /things', headers: { 'X-Tenant': 'acme', 'X-Trace': { forward: true } } },
    search: { upstream: 'GET /search' },
  } as const;

  test('a member that must be there is null when the caller leaves it out; headers are the row’s', async () => {
    const { ask, calls } = await foreignGateway(forms, rows, { 'POST /things': { body: {} } });
    const result = await ask('mutation { addThing(name: "a") }', { args: { name: 'a' }, headers: { 'x-trace': 't1' } });
    expect(result.errors).toBeUndefined();
    expect(calls[0]?.body).toEqual({ name: 'a', parent: null });
    expect(calls[0]?.headers).toEqual({ 'x-tenant': 'acme', 'x-trace': 't1' });
  });

  test('a header that NoETL might read as two is refused', async () => {
    const { ask, calls } = await foreignGateway(forms, rows, { 'POST /things': { body: {} } });
    const how = { args: { name: 'a' }, headers: { 'x-trace': 'a\u2028b' } };
    expect(codeIn(await ask('mutation { addThing(name: "a") }', how))).toBe('ERR_REQUEST_INVALID');
    expect(calls).toEqual([]);
  });
});

test.each([
  ['a required header', 'POST /things', /requires the header X-Tenant; give it a value, headers:/],
  ['a required cookie', 'GET /with-cookie', /requires the cookie seen.*overlay/],
  ['bytes', 'GET /picture', /answers bytes, not JSON; set answer: 'link'/],
  ['a stream', 'GET /events/stream', /answers a stream of events.*leave the row out/],
  ['a form', 'POST /upload', /the body of POST \/upload is not JSON; leave the row out/],
  ['a list in the style label', 'GET /label/{parts}', /wants the style label in a path.*give it a constant/],
  ['any members as parameters', 'GET /members', /each a parameter of its own, which cannot be sent; hide it/],
])('generate stops for %s and names the way out', async (_name, upstream, problem) => {
  const problems = await problemsOf(forms, { row: { upstream, acceptRisk: 'a test' } });
  expect(problems.join('\n')).toMatch(problem);
});

test('an option for bytes does not fit JSON or text', async () => {
  const of = (upstream: string, answer: 'link' | 'text') => problemsOf(forms, { row: { upstream, answer } });
  expect((await of('GET /search', 'link')).join()).toContain('answers JSON; leave the option out');
  expect((await of('GET /picture', 'text')).join()).toContain("answers bytes, not text; set answer: 'link'");
});
