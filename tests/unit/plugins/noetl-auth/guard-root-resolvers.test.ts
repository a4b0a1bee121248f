import { buildSchema, execute, type GraphQLSchema, parse, subscribe } from 'graphql';
import { describe, expect, test } from 'vitest';
import { GatewayError } from '../../../../plugins/errors.ts';
import { guardRootResolvers } from '../../../../plugins/noetl-auth/guard-root-resolvers.ts';
import { allowedDecision } from '../../../support/allowed-decision.ts';

function setUp() {
  const seen: unknown[] = [];
  const schema = buildSchema(`
    type Query { echo(text: String): String plain: String self: Query }
    type Mutation { start(name: String): String }
    type Subscription { ticks(of: String): String }
  `);
  const record = (_source: unknown, args: unknown) => {
    seen.push(args);
    return 'ran';
  };
  set(schema.getQueryType()?.getFields()['echo'], { resolve: record });
  set(schema.getQueryType()?.getFields()['self'], { resolve: () => ({}) });
  set(schema.getMutationType()?.getFields()['start'], { resolve: record });
  set(schema.getSubscriptionType()?.getFields()['ticks'], {
    subscribe: async function* (_source: unknown, args: unknown) {
      seen.push(args);
      yield { ticks: 'tick' };
    },
  });
  return { schema: guardRootResolvers(schema), seen };
}

function set(target: object | undefined, values: object): void {
  Object.assign(target ?? {}, values);
}

const run = async (schema: GraphQLSchema, query: string, contextValue: unknown, rootValue: unknown = {}) => {
  const result = await execute({ schema, document: parse(query), contextValue, rootValue });
  return {
    data: result.data,
    codes: result.errors?.map(({ originalError }) => originalError instanceof GatewayError && originalError.code),
  };
};

describe('without a decision of its own a root field refuses', () => {
  const denied = { outcome: 'denied', field: 'echo', error: new GatewayError('ERR_NOT_FOUND', 'x') } as const;
  test.each<[string, unknown, string]>([
    ['no context', undefined, 'ERR_ACCESS_DENIED'],
    ['no decisions', {}, 'ERR_ACCESS_DENIED'],
    ['decisions that are no map', { decisions: { echo: allowedDecision('echo') } }, 'ERR_ACCESS_DENIED'],
    ['none for it', { decisions: new Map([['other', allowedDecision('echo')]]) }, 'ERR_ACCESS_DENIED'],
    [
      'one for another field under its key',
      { decisions: new Map([['echo', allowedDecision('plain')]]) },
      'ERR_ACCESS_DENIED',
    ],
    ['one that denies', { decisions: new Map([['echo', denied]]) }, 'ERR_NOT_FOUND'],
  ])('%s', async (_name, context, code) => {
    const { schema, seen } = setUp();
    expect(await run(schema, '{ echo }', context)).toEqual({ data: { echo: null }, codes: [code] });
    expect(seen).toEqual([]);
  });

  test('also where the resolver is the default one', async () => {
    const { schema } = setUp();
    expect((await run(schema, '{ plain }', {}, { plain: 'leaked' })).data).toEqual({ plain: null });
  });

  test('also in a mutation', async () => {
    const { schema, seen } = setUp();
    await run(schema, 'mutation { start(name: "x") }', { decisions: new Map([['echo', allowedDecision('echo')]]) });
    expect(seen).toEqual([]);
  });

  test('also where the root type is reached again further down', async () => {
    const { schema, seen } = setUp();
    const decisions = new Map([
      ['self', allowedDecision('self')],
      ['echo', allowedDecision('echo')],
    ]);
    expect((await run(schema, '{ self { echo } }', { decisions })).data).toEqual({ self: { echo: null } });
    expect(seen).toEqual([]);
  });

  test('also a subscription', async () => {
    const { schema, seen } = setUp();
    const document = parse('subscription { ticks(of: "a") }');
    expect(await subscribe({ schema, document, contextValue: {} })).toMatchObject({ errors: [expect.anything()] });
    const decisions = new Map([['ticks', allowedDecision('ticks', { of: 'b' })]]);
    const events = await subscribe({ schema, document, contextValue: { decisions } });
    if (!(Symbol.asyncIterator in events)) throw new Error('not subscribed');
    expect((await events.next()).value).toEqual({ data: { ticks: 'tick' } });
    expect(seen).toEqual([{ of: 'b' }]);
  });
});

test('runs on the arguments that were decided on, and no others', async () => {
  const { schema, seen } = setUp();
  const decisions = new Map([['a', allowedDecision('echo', { text: 'decided' })]]);
  expect((await run(schema, '{ a: echo(text: "asked") }', { decisions })).data).toEqual({ a: 'ran' });
  expect(seen).toEqual([{ text: 'decided' }]);
});

test('leaves the given schema alone', () => {
  const schema = buildSchema('type Query { a: String }');
  guardRootResolvers(schema);
  expect(schema.getQueryType()?.getFields()['a']?.resolve).toBeUndefined();
});
