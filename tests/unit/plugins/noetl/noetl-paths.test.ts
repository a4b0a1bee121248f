import { describe, expect, test } from 'vitest';
import type { CallPlan } from '../../../../gateway/calls/call-plan.ts';
import { ownPathsOf, usualPaths } from '../../../../gateway/calls/call-plan.ts';
import { isBusyAnswer } from '../../../../plugins/noetl/upstream-answer.ts';
import { restPathOf, restPathProblem } from '../../../../plugins/operation.ts';

test.each([
  ['/api/executions', '/noetl/executions'],
  ['/executions', '/noetl/executions'],
  ['/other/api/executions', '/noetl/other/api/executions'],
])('%s is found at %s', (path, want) => {
  expect(restPathOf(path)).toBe(want);
});

describe('a path below /noetl', () => {
  const problem = (path: string) => restPathProblem(path, (name) => name.startsWith('path'));

  test.each(['/api/executions', '/api/x/{id}/{other}', '/api/catalog/{path}/{id}'])('%s can be found', (path) => {
    expect(problem(path)).toBeUndefined();
  });

  test.each(['/api/x/{id}.json', '/api/x/v{id}', '/api/x/{id}/{a}-{b}', '/api/x/{}'])(
    '%s has a part of a segment',
    (path) => {
      expect(problem(path)).toMatch(/only a part of a segment/);
    },
  );

  test('two catalog paths are refused, since either could take segments of the other', () => {
    expect(problem('/api/x/{path}/{path2}')).toMatch(/two catalog paths/);
  });
});

test.each([
  [500, { detail: 'the pool has already 5 requests waiting' }, true],
  [503, 'the pool has already 12 requests waiting', true],
  [400, { detail: 'the pool has already 5 requests waiting' }, false],
  [500, { detail: 'the pool has already some requests waiting' }, false],
  [500, undefined, false],
])('an answer %i %j says that the pool is full: %s', (status, body, want) => {
  expect(isBusyAnswer({ status, body })).toBe(want);
});

describe('paths of calls that the gateway makes for itself', () => {
  const start = { playbook: 'p', workload: 'w', execution: 'e' };
  // Members of a plan that do not matter here are left out.
  const plan = (given: Partial<CallPlan>) => ({ kind: 'plain', route: '/r', path: [], ...given }) as CallPlan;
  const text = (value: string) => ({ text: value });
  const id = { argument: 'id' };

  test('are those of the open operations', () => {
    const plans = [
      plan({ kind: 'execute', route: '/v2/execute', path: [text('/v2/execute')], start }),
      plan({ kind: 'execution', route: '/v2/runs/{args.id}', path: [text('/v2/runs/'), id] }),
    ];
    expect(ownPathsOf(plans)).toEqual({ execute: '/v2/execute', members: start, executions: '/v2/runs' });
  });

  test.each([
    ['nothing is open', []],
    ['another kind', [plan({ route: '/v2/execute', path: [text('/v2/execute')], start })]],
    ['a start with an argument in its path', [plan({ kind: 'execute', path: [text('/x/'), id], start })]],
    ['a start without its members', [plan({ kind: 'execute', path: [text('/x')], start: undefined })]],
    ['an execution below its id', [plan({ kind: 'execution', path: [text('/x/'), id, text('/y')] })]],
    ['an execution without an id', [plan({ kind: 'execution', path: [text('/x')] })]],
    ['an execution whose path begins with the id', [plan({ kind: 'execution', path: [id, text('/x')] })]],
    ['an execution without a path', [plan({ kind: 'execution' })]],
  ])('are the usual ones: %s', (_name, plans) => {
    expect(ownPathsOf(plans)).toEqual(usualPaths);
  });
});
