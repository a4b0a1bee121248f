import { expect, test } from 'vitest';
import { closedOperations } from '../../../../generator/emit/policy-page.ts';
import { operations } from '../../../support/emit-input.ts';

const document = {
  openapi: '3.1.0',
  paths: {
    '/b': { post: {}, get: {}, parameters: [], summary: 'get' },
    '/api/executions/{execution_id}': { get: {}, delete: {} },
    '/a': {},
  },
};

test('an operation is open whatever its parameters are called, and closed when no row opens it', () => {
  expect(closedOperations(document, operations)).toEqual([
    'DELETE /api/executions/{execution_id}',
    'GET /b',
    'POST /b',
  ]);
});
