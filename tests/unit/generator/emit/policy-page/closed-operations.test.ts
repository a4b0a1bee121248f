import { expect, test } from 'vitest';
import { closedOperations, operationKeys } from '../../../../../generator/emit/policy-page/closed-operations.ts';
import { operations } from '../../../../support/emit-input.ts';

const document = {
  paths: {
    '/b': { post: {}, get: {}, parameters: [], summary: 'get' },
    '/api/executions/{execution_id}': { get: {}, delete: {} },
    '/a': null,
  },
};

test('operations are listed by path and method, and nothing else of a path is one', () => {
  expect(operationKeys(document)).toEqual([
    'DELETE /api/executions/{execution_id}',
    'GET /api/executions/{execution_id}',
    'GET /b',
    'POST /b',
  ]);
});

test('an operation is open whatever its parameters are called', () => {
  expect(closedOperations(document, operations)).toEqual([
    'DELETE /api/executions/{execution_id}',
    'GET /b',
    'POST /b',
  ]);
});
