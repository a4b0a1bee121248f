import { describe, expect, it } from 'vitest';
import type { DocumentedShape } from '../../../../generator/document/operation-shape.ts';
import { compareLock, suggestMoved } from '../../../../generator/lock/compare-lock.ts';
import {
  emptyLock,
  type GatewayLock,
  parseGatewayLock,
  printGatewayLock,
} from '../../../../generator/lock/gateway-lock.ts';

const lock: GatewayLock = {
  names: {
    runs: {
      operation: 'GET /api/runs/{id}',
      args: { id: 'path id: ID!', size: 'query size: Int' },
      answer: '[Run]',
      shape: 'x',
    },
  },
  types: { Run: { runId: 'run_id: ID!', path: 'path: String', state: 'state: String' } },
  files: [],
};
const runs = lock.names['runs'] ?? { operation: '', args: {}, answer: '', shape: '' };
const renamed = (change: Partial<typeof runs>, types = lock.types) => ({
  names: { runs: { ...runs, ...change } },
  types,
});

describe('compareLock', () => {
  it.each([
    ['nothing changed', lock],
    [
      'something new',
      renamed(
        { args: { ...runs.args, page: 'query page: Int' } },
        { Run: { ...lock.types['Run'], more: 'more: Int' } },
      ),
    ],
    [
      'another name of a parameter of the path',
      renamed({ operation: 'GET /api/runs/{run_id}', args: { ...runs.args, id: 'path run_id: ID!' } }),
    ],
    ['a field that may now be null', renamed({}, { Run: { ...lock.types['Run'], runId: 'run_id: ID' } })],
  ])('is silent when %s', (_name, next) => {
    expect(compareLock(lock, next)).toEqual({ problems: [], notes: [] });
  });

  it.each([
    [
      'a name that means another operation',
      renamed({ operation: 'GET /api/jobs/{id}' }),
      /meant GET \/api\/runs\/\{id\} and would now mean GET \/api\/jobs/,
    ],
    [
      'an argument that goes elsewhere',
      renamed({ args: { ...runs.args, size: 'query limit: Int' } }),
      /size: was query size on the wire and would now be query limit/,
    ],
    [
      'a part of the path that changes its type',
      renamed({ operation: 'GET /api/runs/{run_id}', args: { ...runs.args, id: 'path run_id: String!' } }),
      /runs\.id: was of type ID and would now be String/,
    ],
    [
      'a part of the path under another public name',
      renamed({ operation: 'GET /api/runs/{run_id}', args: { runId: 'path run_id: ID!', size: 'query size: Int' } }),
      /the argument id \(path id\) is gone; if it is now called run_id, map it/,
    ],
    [
      'an argument of another type',
      renamed({ args: { ...runs.args, size: 'query size: String' } }),
      /was of type Int and would now be String/,
    ],
    [
      'an argument that is now required',
      renamed({ args: { ...runs.args, size: 'query size: Int!' } }),
      /size would now be required/,
    ],
    ['another answer', renamed({ answer: 'JSON' }), /answered \[Run\] and would now answer JSON/],
    [
      'a field that was probably renamed',
      renamed({}, { Run: { runId: 'run_id: ID!', path: 'path: String', status: 'status: String' } }),
      /the field state \(state\) is gone; if it is now called status, map it: fields: \{ "status": "state" \}/,
    ],
    [
      'an argument that was probably renamed',
      renamed({ args: { id: 'path id: ID!', limit: 'query limit: Int' } }),
      /the argument size .* if it is now called limit, map it: args: \{ "limit": "size" \}/,
    ],
  ])('stops at %s', (_name, next, want) => {
    expect(compareLock(lock, next).problems.join('\n')).toMatch(want);
  });

  it('notes what is gone without anything like it', () => {
    const { problems, notes } = compareLock(
      lock,
      renamed({ args: { id: 'path id: ID!' } }, { Run: { runId: 'run_id: ID!', path: 'path: String' } }),
    );
    expect(problems).toEqual([]);
    expect(notes).toEqual([
      'operations.runs: the argument size (query size) is gone',
      'Run: the field state (state) is gone',
    ]);
    expect(compareLock(lock, emptyLock).notes).toEqual(['runs: was open (GET /api/runs/{id}) and no longer is']);
  });
});

describe('suggestMoved', () => {
  const shape = (key: string, args: string[], fields: string[]): DocumentedShape => ({
    key,
    method: 'GET',
    path: key,
    body: 'none',
    answer: {},
    foreign: undefined,
    description: undefined,
    deprecated: false,
    headers: [],
    fields,
    args: args.map((wire) => ({ wire, in: 'query', required: false, schema: {} })),
  });

  it('finds the operation that takes and answers the same', () => {
    const shapes = [
      shape('GET /api/other', ['q'], ['name']),
      shape('GET /api/v2/runs', ['id', 'size'], ['run_id', 'path', 'state', 'items.name']),
    ];
    expect(suggestMoved('runs', lock, shapes)).toContain("write upstream: 'GET /api/v2/runs'");
    expect(suggestMoved('runs', lock, shapes.slice(0, 1))).toBeUndefined();
    expect(suggestMoved('unknown', lock, shapes)).toBeUndefined();
  });
});

describe('gateway.lock', () => {
  it('is read as it was written; there may be none yet', () => {
    expect(parseGatewayLock(printGatewayLock(lock))).toEqual(lock);
    expect(parseGatewayLock(undefined)).toEqual(emptyLock);
  });

  it.each(['{', '[]', '{}', '<<<<<<< HEAD\n{"names":{}}', '{"names":{},"types":[]}'])(
    'is never taken for empty, which would open what is new: %s',
    (text) => {
      expect(() => parseGatewayLock(text)).toThrow(expect.objectContaining({ code: 'ERR_POLICY_INVALID' }));
    },
  );
});

it('arguments that change their places in the path change their meaning', () => {
  const operation = 'GET /api/{a}/{b}';
  const of = (args: typeof runs.args, key = operation) => ({
    ...lock,
    names: { runs: { ...runs, operation: key, args } },
  });
  const before = of({ a: 'path a: ID!', b: 'path b: ID!' });
  expect(compareLock(before, of({ a: 'path b: ID!', b: 'path a: ID!' })).problems).toHaveLength(2);
  expect(compareLock(before, of({ a: 'path x: ID!', b: 'path y: ID!' }, 'GET /api/{x}/{y}')).problems).toEqual([]);
});

describe('members of an argument', () => {
  const write = { operation: 'POST /api/runs', args: { items: 'body items: [Item!]!' }, answer: 'Run', shape: 'x' };
  const taking = (item: Record<string, string>) => ({
    names: { write },
    types: { Item: { inner: 'inner: Inner' }, Inner: item },
    files: [],
  });
  const before = taking({ label: 'label: String', size: 'size: Int' });

  it.each([
    [
      'has another name',
      { title: 'title: String', size: 'size: Int' },
      /^Inner: the member label \(label\) is gone; perhaps .* title$/,
    ],
    ['goes elsewhere', { label: 'caption: String', size: 'size: Int' }, /^Inner.label: was label on the wire/],
    ['changes its type', { label: 'label: String', size: 'size: ID' }, /^Inner.size: was of type Int/],
    [
      'is new and required',
      { label: 'label: String', size: 'size: Int', by: 'by: ID!' },
      /^Inner: the member by would now be required$/,
    ],
  ])('stop generate when one %s', (_name, item, want) => {
    expect(compareLock(before, taking(item)).problems).toEqual([expect.stringMatching(want)]);
  });

  it('may be new and optional', () => {
    const next = taking({ label: 'label: String', size: 'size: Int', by: 'by: ID' });
    expect(compareLock(before, next)).toEqual({ problems: [], notes: [] });
  });
});
