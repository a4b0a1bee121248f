import { expect, test } from 'vitest';
import { movedTo } from '../../../../generator/diff/upstream-diff.ts';

const added = ['GET /api/result/resolve', 'POST /api/runs/{id}/finalize', 'GET /api/temp/{id}/list'];

test.each([
  { gone: 'GET /api/api/result/resolve', want: 'GET /api/result/resolve' },
  { gone: 'POST /api/executions/{id}/finalize', want: 'POST /api/runs/{id}/finalize' },
  { gone: 'DELETE /api/result/resolve', want: undefined },
  { gone: 'GET /api/executions/{id}/events', want: undefined },
  { gone: 'GET /api', want: undefined },
])('$gone has become $want', ({ gone, want }) => {
  expect(movedTo(gone, added)).toBe(want);
});
