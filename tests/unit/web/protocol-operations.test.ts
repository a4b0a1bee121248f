import { readFileSync } from 'node:fs';
import { buildSchema, parse, validate } from 'graphql';
import { describe, expect, test } from 'vitest';
import { keptTab } from '../../../web/graphiql/kept-tab.ts';
import {
  protocolOperations,
  protocolVariables,
  startedExecution,
  withExecution,
} from '../../../web/graphiql/protocol-operations.ts';

test('the operations fit the generated schema', () => {
  const schema = buildSchema(readFileSync('mesh/generated/schema.graphql', 'utf8'), { assumeValidSDL: true });
  expect(validate(schema, parse(protocolOperations))).toEqual([]);
});

test('the variables are those of the operations', () => {
  expect(Object.keys(JSON.parse(protocolVariables))).toEqual(['name', 'vars', 'id']);
});

describe('the id of a started execution', () => {
  test.each([
    [{ data: { executePlaybook: { id: '7' } } }, '7'],
    [{ data: { executePlaybook: null } }, undefined],
    [{ data: { executePlaybook: { id: 7 } } }, undefined],
    [{ data: null }, undefined],
    [{ errors: [] }, undefined],
    [null, undefined],
  ])('of %j is %s', (answer, want) => {
    expect(startedExecution(answer)).toBe(want);
  });

  test.each([
    ['{"id": "", "a": 1}', '{\n  "id": "7",\n  "a": 1\n}'],
    ['{"a": 1}', undefined],
    ['{', undefined],
    ['null', undefined],
  ])('goes into %j', (variables, want) => {
    expect(withExecution(variables, '7')).toBe(want);
  });
});

describe('the tab that a visit begins with', () => {
  const first = { initialQuery: 'first', initialVariables: '{}' };
  const storage = (value: string | null) => ({ getItem: () => value });
  const state = (activeTabIndex: number) =>
    JSON.stringify({
      tabs: [
        { query: 'a', variables: '{"x": 1}' },
        { query: 'b', variables: null },
      ],
      activeTabIndex,
    });

  test.each([
    ['nothing is kept', null, first],
    ['the first was active', state(0), { initialQuery: 'a', initialVariables: '{"x": 1}' }],
    ['one without variables was active', state(1), { initialQuery: 'b', initialVariables: '' }],
    ['the active one is missing', state(2), first],
    ['what is kept is not JSON', '{', first],
    ['what is kept is something else', '[]', first],
  ])('when %s', (_name, kept, want) => {
    expect(keptTab(storage(kept), first)).toEqual(want);
  });
});
