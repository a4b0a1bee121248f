import { buildSchema, parse } from 'graphql';
import { describe, expect, test } from 'vitest';
import { createLocalAccessChecker } from '../../../../plugins/noetl-auth/access/access-checkers.ts';
import { compileGrants } from '../../../../plugins/noetl-auth/access/decision.ts';
import type { FieldRule } from '../../../../plugins/noetl-auth/decide-call.ts';
import { decideOperation } from '../../../../plugins/noetl-auth/decide-operation.ts';
import { parseSessionToken, type SessionToken } from '../../../../plugins/noetl-auth/session/session-token.ts';
import type { GatewayEvent } from '../../../../plugins/observe.ts';
import { defaultGrants, executions, reserved, rules, session, typeDefs } from '../../../support/plugin-gateway.ts';

const withSubscription = `${typeDefs} directive @defer(if: Boolean, label: String) on FRAGMENT_SPREAD | INLINE_FRAGMENT
  type Subscription { executionEvents(id: ID!): Event playbook(path: String!): Playbook }`;
const schema = buildSchema(withSubscription);
const token = parseSessionToken('token-analyst') as SessionToken;

async function decided(
  query: string,
  more: { rules?: ReadonlyMap<string, FieldRule>; variableValues?: unknown; operationName?: string } = {},
) {
  const events: GatewayEvent[] = [];
  const { variableValues, operationName } = more;
  const result = await decideOperation(
    { schema, document: parse(query), variableValues, operationName },
    { caller: { session: session('analyst'), token }, requestId: 'request-1' },
    {
      rules: more.rules ?? rules,
      checker: createLocalAccessChecker(compileGrants(defaultGrants, reserved)),
      executionPath: async (id) => executions.get(id),
      unbrokenRun: 4_000,
      resolvers: 'gateway',
      observe: (event) => events.push(event),
    },
  );
  const outcomes =
    'decisions' in result
      ? Object.fromEntries([...result.decisions].map(([key, { outcome, field }]) => [key, `${outcome} ${field}`]))
      : result.refused.map(({ message, path }) => `${path?.join('.') ?? '-'}: ${message}`);
  return { outcomes, events, data: 'refused' in result ? result.data : 'decided' };
}

describe('decisions stand under the response key, for the field', () => {
  test.each<[string, string, Record<string, string>]>([
    ['an alias', '{ a: special }', { a: 'allowed special' }],
    ['an alias that is the name of another field', '{ special: workerPools }', { special: 'denied workerPools' }],
    [
      'introspection',
      '{ __typename s: __schema { description } }',
      { __typename: 'allowed __typename', s: 'allowed __schema' },
    ],
    [
      'a deferred fragment',
      '{ special ... @defer { pools: workerPools } }',
      { special: 'allowed special', pools: 'denied workerPools' },
    ],
    ['nothing', '{ special @skip(if: true) }', {}],
  ])('%s', async (_name, query, want) => {
    expect((await decided(query)).outcomes).toEqual(want);
  });
});

describe('rules are by root', () => {
  test('that of a query does not open a mutation or a subscription', async () => {
    const query = new Map([
      ['executePlaybook', { root: 'query', access: { kind: 'authenticated' }, allowTemplates: false }],
    ] as const);
    expect((await decided('mutation { executePlaybook(name: "data/x") { id } }', { rules: query })).data).toBeNull();
    const { outcomes, data } = await decided('subscription { playbook(path: "data/x") { path } }');
    expect([outcomes, data]).toEqual([['playbook: you may not do this'], null]);
  });

  test('a subscription is judged on the execution that it is shown, each time', async () => {
    const access = { kind: 'execution', permission: 'view', argument: 'id' } as const;
    const live = new Map([['executionEvents', { root: 'subscription', access, allowTemplates: false }]] as const);
    const ask = async (id: string) =>
      (await decided(`subscription { executionEvents(id: "${id}") { id } }`, { rules: live })).outcomes;
    expect(await ask('1')).toEqual({ executionEvents: 'onAnswer executionEvents' });
    expect(await ask('2')).toEqual({ executionEvents: 'onAnswer executionEvents' });
  });
});

describe('a wrong request is answered as the executor would, and nothing stands', () => {
  test.each<[string, string, object, RegExp]>([
    ['no operation of that name', 'query A { special }', { operationName: 'B' }, /^-: Could not determine/],
    ['several and no name', 'query A { special } query B { special }', {}, /^-: Could not determine/],
    ['a missing variable', 'query ($p: String!) { playbook(path: $p) { path } }', {}, /^-: Variable "\$p"/],
    [
      'variables of another kind',
      'query ($p: String!) { playbook(path: $p) { path } }',
      { variableValues: 'x' },
      /^-: Variable "\$p"/,
    ],
  ])('%s', async (_name, query, more, want) => {
    const { outcomes, data, events } = await decided(query, more);
    expect(outcomes).toEqual([expect.stringMatching(want)]);
    expect([data, events]).toEqual([undefined, []]);
  });
});

test('arguments that cannot be read deny the field', async () => {
  const query = 'query ($p: String = "data/x") { playbook(path: $p) { path } special }';
  const { outcomes } = await decided(query, { variableValues: { p: null } });
  expect(outcomes).toEqual({ playbook: 'denied playbook', special: 'allowed special' });
});

test('arguments that cannot be read deny also where nothing else would', async () => {
  const { outcomes } = await decided('query ($a: String = "x") { stamped(at: $a) }', { variableValues: { a: null } });
  expect(outcomes).toEqual({ stamped: 'denied stamped' });
});

test('a rule for a field that the schema lacks opens nothing', async () => {
  expect((await decided('{ ghost }')).data).toBeNull();
});

test('a field that the schema lacks is denied and stops everything', async () => {
  expect(await decided('{ special nothing toString }')).toMatchObject({
    data: null,
    outcomes: [/nothing/, /toString/].map((key) => expect.stringMatching(key)),
  });
});

describe('what is reported of decisions', () => {
  test('an allowed mutation: who, what, path and grant', async () => {
    const { events } = await decided('mutation { e: executePlaybook(name: "data/x") { id } }');
    expect(events).toEqual([
      {
        type: 'decision',
        outcome: 'allowed',
        field: 'executePlaybook',
        root: 'mutation',
        userId: '17',
        roles: ['analyst'],
        email: 'ana@example.com',
        requestId: 'request-1',
        permission: 'execute',
        path: 'data/x',
        grant: 'gateway.config.ts:analyst',
      },
    ]);
  });

  test('a denied read', async () => {
    const { events } = await decided('{ playbook(path: "system/x") { path } }');
    expect(events).toEqual([
      expect.objectContaining({
        outcome: 'denied',
        field: 'playbook',
        root: 'query',
        permission: 'view',
        path: 'system/x',
        reason: 'no-grant',
      }),
    ]);
  });

  test('the grant that denied', async () => {
    const { events } = await decided('{ playbook(path: "data/secret/x") { path } }');
    expect(events).toMatchObject([{ outcome: 'denied', reason: 'denied', grant: 'gateway.config.ts:analyst' }]);
  });

  test('a name without a rule becomes no label', async () => {
    const { events } = await decided('{ unruled }');
    expect(events).toEqual([
      {
        type: 'decision',
        outcome: 'denied',
        field: 'other',
        root: 'query',
        userId: '17',
        roles: ['analyst'],
        email: 'ana@example.com',
        requestId: 'request-1',
        reason: 'ERR_ACCESS_DENIED',
      },
    ]);
    expect(Object.keys(events[0] ?? {})).not.toContain('path');
  });

  test('nothing yet of what the answer decides, and nothing of introspection', async () => {
    expect((await decided('{ execution(id: "1") { id } __typename }')).events).toEqual([]);
  });
});

test('catalog paths beside the rule are refused unless absent or in normal form', async () => {
  const ask = async (path: string) => (await decided(`{ special(path: ${path}) }`)).outcomes;
  expect(await ask('null')).toEqual({ special: 'allowed special' });
  expect(await ask('"data/x"')).toEqual({ special: 'allowed special' });
  expect(await ask('"/data/x"')).toEqual({ special: 'denied special' });
});

test('what has no effect is not reported as allowed: only the denial of a refused mutation is', async () => {
  const document = 'mutation { a: executePlaybook(name: "data/x") { id } b: executePlaybook(name: "system/x") { id } }';
  const { data, events } = await decided(document);
  expect(data).toBeNull();
  expect(events).toMatchObject([{ type: 'decision', outcome: 'denied', path: 'system/x' }]);
});
