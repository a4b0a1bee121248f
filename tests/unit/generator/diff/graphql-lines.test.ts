import { expect, test } from 'vitest';
import type { GraphqlChange } from '../../../../generator/diff/diff-report.ts';
import { graphqlLines } from '../../../../generator/diff/render-diff.ts';

const change = (kind: string, path: string, severity: GraphqlChange['severity'] = 'safe'): GraphqlChange => ({
  kind,
  path,
  severity,
  message: `${kind} at ${path}`,
});
const subjects = (changes: readonly GraphqlChange[], exposure: Parameters<typeof graphqlLines>[1] = []) =>
  graphqlLines(changes, exposure).map(({ subject, message }) => `${subject}: ${message}`);

test('a new type is one line with its fields', () => {
  const changes = [change('TYPE_ADDED', 'Form'), change('FIELD_ADDED', 'Form.a'), change('FIELD_ADDED', 'Form.b')];
  expect(subjects(changes)).toEqual(['Form: new type with a, b']);
});

test('members that one type gains or loses are one line for each; a single one keeps its own words', () => {
  const changes = [
    change('FIELD_REMOVED', 'Run.a', 'breaking'),
    change('FIELD_REMOVED', 'Run.b', 'breaking'),
    change('FIELD_ADDED', 'Run.c'),
    change('FIELD_REMOVED', 'Other.a', 'breaking'),
    change('FIELD_TYPE_CHANGED', 'Run.d', 'breaking'),
    change('FIELD_TYPE_CHANGED', 'Run.e', 'breaking'),
  ];
  expect(subjects(changes)).toEqual([
    'Run: the fields a, b are gone',
    'Run.c: FIELD_ADDED at Run.c',
    'Other.a: FIELD_REMOVED at Other.a',
    'Run.d: FIELD_TYPE_CHANGED at Run.d',
    'Run.e: FIELD_TYPE_CHANGED at Run.e',
  ]);
});

test('what needs a decision is never in one line with what is safe', () => {
  const changes = [
    change('FIELD_ARGUMENT_ADDED', 'Query.runs.a', 'breaking'),
    change('FIELD_ARGUMENT_ADDED', 'Query.runs.b', 'dangerous'),
  ];
  expect(graphqlLines(changes, []).map(({ severity }) => severity)).toEqual(['breaking', 'dangerous']);
});

test('types that nothing leads to are one line', () => {
  const changes = [change('TYPE_REMOVED', 'A', 'breaking'), change('TYPE_REMOVED', 'B', 'breaking')];
  expect(subjects(changes)).toEqual(['A, B: the types are gone, since no field leads to them']);
});

test('a root field or an argument that is reported with its row is left out, others are not', () => {
  const exposure = [
    { kind: 'opens', severity: 'dangerous', subject: 'runs', message: '' },
    { kind: 'offers', severity: 'dangerous', subject: 'start', message: '' },
  ] as const;
  const changes = [
    change('FIELD_ADDED', 'Query.runs'),
    change('FIELD_ARGUMENT_ADDED', 'Mutation.start.kind', 'dangerous'),
    change('FIELD_ARGUMENT_REMOVED', 'Mutation.start.old', 'breaking'),
    change('FIELD_ADDED', 'Query.others'),
  ];
  expect(subjects(changes, exposure)).toEqual([
    'Mutation.start.old: FIELD_ARGUMENT_REMOVED at Mutation.start.old',
    'Query.others: FIELD_ADDED at Query.others',
  ]);
});
