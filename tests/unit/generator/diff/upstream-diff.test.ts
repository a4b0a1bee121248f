import { expect, test } from 'vitest';
import { upstreamDiff } from '../../../../generator/diff/upstream-diff.ts';
import type { OpenApiDocument, OperationObject } from '../../../../generator/openapi/open-api.ts';

const text = { type: 'string' };
const only = (path: string, method: string, operation: OperationObject): OpenApiDocument => ({
  openapi: '3.1.0',
  paths: { [path]: { [method]: operation } },
});
const body = (required: string[], ...names: string[]): OperationObject => ({
  requestBody: {
    required: true,
    content: {
      'application/json': { schema: { properties: Object.fromEntries(names.map((name) => [name, text])), required } },
    },
  },
});
const query = (...names: string[]): OperationObject => ({
  parameters: names.map((name) => ({ name, in: 'query', schema: text })),
});
const segment = (name: string): OperationObject => ({
  parameters: [{ name, in: 'path', required: true, schema: text }],
});

test.each([
  { name: 'nothing', before: only('/a', 'get', query('x')), after: only('/a', 'get', query('x')), want: [] },
  {
    name: 'another name of a path parameter is no change',
    before: only('/a/{id}', 'get', segment('id')),
    after: only('/a/{a_id}', 'get', segment('a_id')),
    want: [],
  },
  {
    name: 'an operation that moved',
    before: only('/api/api/list', 'get', {}),
    after: only('/api/list', 'get', {}),
    want: ['breaking GET /api/api/list: is gone; perhaps it is GET /api/list now', 'safe GET /api/list: is new'],
  },
  {
    name: 'an argument that moved',
    before: only('/a', 'post', query('x')),
    after: only('/a', 'post', body([], 'x')),
    want: [
      'breaking POST /a: argument x (query) moves to the body',
      'breaking POST /a: body is new and required',
      'safe POST /a: argument x (body) is new',
    ],
  },
  {
    name: 'an argument that is new and required, one that must be there now, one that is gone',
    before: only('/a', 'post', body([], 'x', 'y')),
    after: only('/a', 'post', body(['x', 'z'], 'x', 'z')),
    want: [
      'breaking POST /a: argument x (body) is required now',
      'breaking POST /a: argument y (body) is gone',
      'breaking POST /a: argument z (body) is new and required',
    ],
  },
])('$name', ({ before, after, want }) => {
  const found = upstreamDiff({ before, after }).map(
    ({ severity, operation, place, message }) =>
      `${severity} ${operation}: ${[place, message].filter(Boolean).join(' ')}`,
  );
  expect(found).toEqual(want);
});
