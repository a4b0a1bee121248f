import { expect, test } from 'vitest';
import { GatewayError } from '../../../../plugins/errors.ts';
import { startAnswer } from '../../../../plugins/noetl/upstream-answer.ts';

const refused = (status: number, body: unknown) => {
  try {
    return startAnswer({ status, body, date: undefined });
  } catch (error) {
    return error instanceof GatewayError ? `${error.code} ${error.message}` : error;
  }
};

test.each([
  [
    422,
    { error: "Workflow must have a step named 'start'", status: 422 },
    "ERR_REQUEST_INVALID NoETL cannot run this playbook: Workflow must have a step named 'start'",
  ],
  [422, { detail: [{ input: 's3cr3t', msg: 'x' }] }, 'ERR_REQUEST_INVALID NoETL does not accept these arguments'],
  [404, { detail: 'Executable catalog entry not found: a/b' }, 'ERR_NOT_FOUND playbook not found'],
  [
    500,
    { detail: "pool 'noetl_server_bg' has already 32 requests waiting" },
    'ERR_OVERLOADED NoETL has too many starts waiting; nothing was started; try again',
  ],
  [500, { detail: 'SELECT secret FROM x' }, 'ERR_UPSTREAM NoETL could not answer'],
])('%i %j', (status, body, want) => {
  expect(refused(status, body)).toBe(want);
});

test('a start that worked is the answer', () => {
  expect(refused(200, { execution_id: '1' })).toEqual({ execution_id: '1' });
});
