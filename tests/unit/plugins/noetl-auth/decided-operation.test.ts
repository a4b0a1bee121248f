import { buildSchema, type OperationDefinitionNode, parse } from 'graphql';
import { describe, expect, test, vi } from 'vitest';
import type { DecisionOptions } from '../../../../plugins/noetl-auth/decide-call.ts';
import { decideOperation, decideTraced } from '../../../../plugins/noetl-auth/decide-operation.ts';
import { Decisions, decidedOperation } from '../../../../plugins/noetl-auth/decided-operation.ts';
import { renewCall } from '../../../../plugins/noetl-auth/renew-call.ts';
import type { Sessions } from '../../../../plugins/ports.ts';
import { by, decisionSetup as setup, token } from '../../../support/decision-setup.ts';
import { session } from '../../../support/plugin-gateway.ts';

const schema = buildSchema(`
  type Query { renamed(path: String = "data/default", resource: String, lang: String): Int stats(path: String): Int }`);
const toRun = (query: string, variableValues = {}) => ({
  ...{ schema, document: parse(query), variableValues, operationName: undefined },
});

describe('a value under the old name of an argument', () => {
  const argsOf = async (query: string) => {
    const { options } = setup();
    const result = await decideOperation(toRun(query), by, options);
    if (!('decisions' in result)) return result.refused.map(({ message }) => message);
    const decision = result.decisions.get('renamed');
    return decision?.outcome === 'allowed' ? decision.args : decision?.outcome;
  };

  test.each([
    ['counts, also when the new name has its default', '{ renamed(resource: "data/x") }', { path: 'data/x' }],
    ['that is null leaves the new one', '{ renamed(path: "data/y", resource: null) }', { path: 'data/y' }],
    ['of an argument without a rule', '{ renamed(lang: "en") }', { path: 'data/default', language: 'en' }],
    ['is not needed', '{ renamed(path: "data/y") }', { path: 'data/y' }],
  ])('%s', async (_name, query, want) => {
    expect(await argsOf(query)).toEqual(want);
  });

  test('is decided on like one under the new name', async () => {
    expect(await argsOf('{ renamed(path: "data/x", resource: "system/x") }')).toBe('denied');
  });
});

describe('what decisions are about', () => {
  const decide = async (run = toRun('{ stats }')) => {
    const result = await decideOperation(run, by, setup().options);
    return { run, decisions: 'decisions' in result ? result.decisions : undefined };
  };

  test('is the operation that was decided, with its coerced variables', async () => {
    const { run, decisions } = await decide(toRun('query ($path: String = "data/x") { stats(path: $path) }'));
    expect(decidedOperation({ decisions }, run)).toEqual({
      ...{ definition: run.document.definitions[0] as OperationDefinitionNode, variables: { path: 'data/x' } },
    });
  });

  test.each([
    ['another schema', { schema: buildSchema('type Query { stats: Int }') }],
    ['another document', { document: parse('{ stats }') }],
    ['another operation', { operationName: 'other' }],
    ['other variables', { variableValues: {} }],
  ])('is nothing for %s', async (_name, change) => {
    const { run, decisions } = await decide();
    expect(decidedOperation({ decisions }, run)).toBeDefined();
    expect(decidedOperation({ decisions }, { ...run, ...change })).toBeUndefined();
  });

  test('is nothing without decisions, or with those of another plugin', async () => {
    const { run } = await decide();
    for (const context of [undefined, {}, { decisions: new Map() }]) {
      expect(decidedOperation(context, run)).toBeUndefined();
    }
  });

  test('is nothing when arguments could not be coerced', async () => {
    const { decisions } = await decide(toRun('{ a: stats, b: stats(path: 7) }'));
    expect([...(decisions ?? [])].map(([key, { outcome }]) => [key, outcome])).toEqual([
      ['a', 'allowed'],
      ['b', 'denied'],
    ]);
    expect(decisions).not.toBeInstanceOf(Decisions);
  });
});

test('an operation is decided in a span where there is tracing', async () => {
  const names: string[] = [];
  const trace: DecisionOptions['trace'] = (name, work) => {
    names.push(name);
    return work();
  };
  expect(await decideTraced(toRun('{ stats }'), by, setup({ trace }).options)).toHaveProperty('decisions');
  expect(names).toEqual(['decision']);
  // Without it what is known is decided at once.
  expect(decideTraced(toRun('{ stats }'), by, setup().options)).toHaveProperty('decisions');
});

describe('a stream is judged anew', () => {
  const renew = (found: ReturnType<typeof session> | undefined) => {
    const { options, events } = setup();
    const lookup = vi.fn(async () => found);
    const sessions = { lookup } as unknown as Sessions;
    const again = renewCall(by.caller, 'request-1', { ...options, sessions });
    return { again, events, lookup };
  };

  test('by the session of now; that nothing has changed is not reported', async () => {
    const now = session('viewer');
    const { again, events, lookup } = renew(now);
    const renewed = await again({ field: 'events', args: { path: 'data/x' } });
    expect(renewed).toMatchObject({ caller: { session: now, token }, decision: { outcome: 'allowed' } });
    expect(lookup).toHaveBeenCalledWith(token);
    expect(events).toEqual([]);
  });

  test('a refusal is reported', async () => {
    const { again, events } = renew(session('viewer'));
    const renewed = await again({ field: 'events', args: { path: 'system/x' } });
    expect(renewed?.decision).toMatchObject({ outcome: 'denied', error: { code: 'ERR_ACCESS_DENIED' } });
    expect(events).toEqual([expect.objectContaining({ field: 'events', path: 'system/x' })]);
  });

  test('without a session it is over', async () => {
    expect(await renew(undefined).again({ field: 'events', args: { path: 'data/x' } })).toBeUndefined();
  });

  test('only subscriptions are streams', async () => {
    const renewed = await renew(session('viewer')).again({ field: 'playbook', args: { path: 'data/x' } });
    expect(renewed?.decision.outcome).toBe('denied');
  });
});
