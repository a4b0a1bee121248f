import { Kind, parse } from 'graphql';
import { createYoga, type Plugin } from 'graphql-yoga';
import { describe, expect, test } from 'vitest';
import { fieldRules } from '../../gateway/calls/root-fields.ts';
import type { AnyRow } from '../../gateway/config/gateway-config.ts';
import { useCompiledOperations, writtenDataOf } from '../../gateway/graphql/compiled-operations.ts';
import { compileOperation } from '../../gateway/operations/compiled-operation.ts';
import { asksNoetl, createExecutableSchema } from '../../gateway/operations/executable-schema.ts';
import { wireNamesOf } from '../../gateway/operations/outputs.ts';
import type { WrittenJson } from '../../gateway/operations/written-json.ts';
import { parseJson } from '../../plugins/json/lossless-json.ts';
import { createLocalAccessChecker } from '../../plugins/noetl-auth/access/access-checkers.ts';
import { authenticated } from '../../plugins/noetl-auth/access/access-rule.ts';
import { compileGrants } from '../../plugins/noetl-auth/access/decision.ts';
import { allow } from '../../plugins/noetl-auth/access/grant.ts';
import { decideOperation } from '../../plugins/noetl-auth/decide-operation.ts';
import { guardedResolver, guardRootResolvers } from '../../plugins/noetl-auth/guard-root-resolvers.ts';
import { questionsOf } from '../../plugins/noetl-auth/questions.ts';
import type { GatewayEvent } from '../../plugins/observe.ts';
import type { Upstream } from '../../plugins/ports.ts';
import { generatedSdl, shippedOperations } from '../support/executor-caller.ts';
import { answersOf } from '../support/random-answers.ts';
import { randomFrom, randomPlainOperation } from '../support/random-plain-operation.ts';
import { handClock, sessionOf, tokenOf } from '../support/session-fakes.ts';

/** `COMPILED_RUNS=20000 npx vitest run tests/integration/compiled-operations.test.ts` for a longer search. */
const runs = Number(process.env['COMPILED_RUNS'] ?? 600);
const firstSeed = Number(process.env['COMPILED_SEED'] ?? 1);

const extraTypes = `
  enum Size { SMALL LARGE @enum(value: "\\"extra-large\\"") }
  type Cat { kind: String! name: String! meows: Int }
  type Dog { kind: String! name: String! barks: Int! }
  union Pet @discriminator(field: "kind") = Cat | Dog
  type Part { id: ID! size: Size sizes: [Size!] count: Int! ratio: Float ok: Boolean! at: DateTime times: [DateTime]
    note: String notes: [String!]! numbers: [Int] grid: [[Int!]!] any: JSON anyList: [JSON!] big: BigInt pet: Pet
    wired: String @resolveRootField(subgraph: "Noetl", field: "wired_name") constructor: String
    parts: [Part] part: Part next: Part! }`;
const call = (name: string) =>
  `@httpOperation(subgraph: "Noetl", path: "/api/random/${name}", httpMethod: GET) @noetl(kind: "plain")`;
const extraFields = `type Query {
  part: Part ${call('part')}
  parts: [Part!] ${call('parts')}
  counted: Int ${call('counted')}
  sized: Size ${call('sized')}
  anything: JSON ${call('anything')}
  page(page: Int = 1, names: [String!]): Part ${call('page').replace('httpMethod: GET', `httpMethod: GET, queryParamArgMap: {page: "page", names: "names"}`)}
`;
const sdl = `${generatedSdl.replace('type Query {', extraFields)}${extraTypes}
  directive @enum(value: String) on ENUM_VALUE
  directive @discriminator(field: String) on UNION`;
const extraNames = ['part', 'parts', 'counted', 'sized', 'anything', 'page'];
const operations: Readonly<Record<string, AnyRow>> = {
  ...shippedOperations,
  ...Object.fromEntries(
    extraNames.map((name): [string, AnyRow] => [
      name,
      { upstream: `GET /api/random/${name}`, access: authenticated() },
    ]),
  ),
};
const roots = [...extraNames, 'part', 'parts', 'executions', 'execution', 'execution', 'dashboardStats', 'playbooks'];
const literals = {
  id: ['"1"', '1', '"2"', '3', '4', '5', '6', '"x"'],
  page: ['1', '2', 'null'],
  names: ['$names', '["a"]', 'null', '[]'],
};

const answerTo = answersOf(wireNamesOf(parse(sdl, { noLocation: true })));

/** One gateway's GraphQL side, on answers that a seed decides. */
function way(kind: 'compiled' | 'stock') {
  let seed = 0;
  const calls: string[] = [];
  const events: GatewayEvent[] = [];
  const clock = handClock();
  const upstream: Upstream = {
    async request(asked) {
      calls.push(`${asked.method} ${asked.path} ${JSON.stringify(asked.query ?? [])}`);
      const body = answerTo(asked, executable.schema, seed);
      if (body === undefined) return { status: 404, body: { detail: 'Execution not found' }, date: undefined };
      return { status: 200, body: parseJson(JSON.stringify(body)), date: undefined };
    },
  };
  const observe = (event: GatewayEvent) => void events.push(event);
  const pause = async (ms: number) => clock.advance(ms);
  const executable = createExecutableSchema({ sdl, operations, upstream, clock, observe, pause });
  const checker = createLocalAccessChecker(compileGrants([allow('developer', 'all', 'data/*')], []));
  const rules = fieldRules(executable.rootFields);
  const executionPath = executable.pathOfExecution;
  const deciding = { rules, checker, unbrokenRun: 1_000, observe, executionPath, resolvers: 'gateway' } as const;
  const by = { caller: { session: sessionOf(clock()), token: tokenOf('a-token') }, requestId: 'r' };
  const decide: Plugin = {
    async onExecute({ args, extendContext }) {
      const decided = await decideOperation(args, by, deciding);
      if ('refused' in decided) throw new Error('the operation was refused');
      extendContext({ ...by, ...questionsOf(by, checker), decisions: decided.decisions } as object);
    },
  };
  const schema = guardRootResolvers(executable.schema);
  const { getEnveloped } = createYoga({
    schema,
    plugins: [decide, ...(kind === 'stock' ? [] : [useCompiledOperations()])],
    maskedErrors: false,
    logging: false,
  });

  async function answer(
    query: string,
    variables: Record<string, unknown>,
  ): Promise<{ readonly data: WrittenJson } | { readonly result: unknown }> {
    const enveloped = getEnveloped({});
    const document = enveloped.parse(query);
    const errors = kind === 'stock' ? [] : enveloped.validate(schema, document);
    if (errors.length > 0) throw new Error(`${query}: ${errors[0]}`);
    const result = await enveloped.execute({ schema, document, contextValue: {}, variableValues: variables });
    const data = writtenDataOf(result as object);
    return data === undefined ? { result } : { data };
  }

  return async (nextSeed: number, query: string, variables: Record<string, unknown>) => {
    seed = nextSeed;
    calls.length = 0;
    events.length = 0;
    // What was looked at before is not looked at again.
    clock.advance(3_600_000);
    for (const id of ['1', '2', '3', '5', '6']) executable.executions.changed(id);
    const outcome = await answer(query, variables);
    const isWritten = 'data' in outcome;
    const body = isWritten
      ? `{"data":${textOfWritten(outcome.data)}}`
      : JSON.stringify('result' in outcome && outcome.result);
    return { isWritten, body, calls: [...calls], events: events.map(withoutTime) };
  };
}

const textOfWritten = (json: WrittenJson): string =>
  'text' in json ? json.text : Buffer.concat(json.pieces).toString();

const withoutTime = (event: GatewayEvent): object => ({ ...event, ...('ms' in event ? { ms: 0 } : {}) });

describe('compiled operations', () => {
  const executable = createExecutableSchema({
    sdl,
    operations,
    upstream: { request: () => Promise.reject(new Error('not asked')) },
  });
  const schema = guardRootResolvers(executable.schema);

  test.each(['compiled'] as const)(
    `${runs} random operations are what the executor answers: %s`,
    async (kind) => {
      const [compiled, stock] = [way(kind), way('stock')];
      let written = 0;
      for (let seed = firstSeed; seed < firstSeed + runs; seed += 1) {
        const { query, variables } = randomPlainOperation(schema, roots, literals, randomFrom(seed));
        const { isWritten, ...got } = await compiled(seed, query, variables);
        const { isWritten: _, ...want } = await stock(seed, query, variables);
        expect({ seed, query, ...got }).toEqual({ seed, query, ...want });
        if (isWritten) written += 1;
      }
      // Else nothing was compared.
      expect(written).toBeGreaterThan(runs / 4);
    },
    600_000,
  );

  const compiledOf = (query: string) => {
    const document = parse(query);
    const [operation] = document.definitions;
    if (operation?.kind !== Kind.OPERATION_DEFINITION) throw new Error('an operation is expected');
    return compileOperation({ schema, document, operation }, ({ resolve }) => asksNoetl(guardedResolver(resolve)));
  };

  test.each([
    ['{ part { id parts { note } } }', 4],
    ['{ ...Q } fragment Q on Query { part { id ... on Part { note } ...P } } fragment P on Part { id }', 3],
    ['mutation { executePlaybook(name: "data/a") { id } }', 2],
  ])('plain selections are compiled: %s', (query, fieldCount) => {
    expect(compiledOf(query)?.fieldCount).toBe(fieldCount);
  });

  test.each([
    ['a directive', '{ part { id @include(if: true) } }'],
    ['introspection', '{ __schema { queryType { name } } }'],
    ['an abstract type', '{ part { pet { __typename } } }'],
    ['a subscription', 'subscription { executionUpdates(id: "1") { status } }'],
    [
      'two fields of a mutation',
      'mutation { a: executePlaybook(name: "a") { id } b: executePlaybook(name: "b") { id } }',
    ],
    ['a field of the gateway’s own', 'mutation { endSessions { __typename } }'],
    ['fragments that spread out to thousands of fields', explosion(11)],
  ])('%s is left to the executor', (_name, query) => {
    expect(compiledOf(query)).toBeUndefined();
  });

  test('resolvers that a plugin has wrapped are left to the executor', () => {
    const field = schema.getQueryType()?.getFields()['part'];
    if (field?.resolve === undefined) throw new Error('a resolver is expected');
    const { resolve } = field;
    field.resolve = (...given) => resolve(...given);
    expect(compiledOf('{ part { id } }')).toBeUndefined();
    field.resolve = resolve;
    expect(compiledOf('{ part { id } }')).toBeDefined();
  });
});

function explosion(depth: number): string {
  const fragments = Array.from(
    { length: depth },
    (_, n) => `fragment F${n} on Part { a: part { ...F${n + 1} } b: part { ...F${n + 1} } }`,
  );
  return `{ part { ...F0 } } ${fragments.join(' ')} fragment F${depth} on Part { id }`;
}
