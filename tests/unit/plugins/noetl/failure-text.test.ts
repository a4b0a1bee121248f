import { describe, expect, test } from 'vitest';
import { failureText, plainReason, reasonOf } from '../../../../plugins/noetl/failure-text.ts';

describe('what NoETL could not store says why', () => {
  const url = "for url 'http://127.0.0.1:8082/api/events/batch'\nFor more information check: https://example.com/422";
  const because = (cause: string) => `NoETL could not store the result of this step: ${cause}`;
  const outage = 'NoETL could not be reached when this step ended, so its result is lost';
  const outcome = [false, 'RESULT_NOT_STORED'] as const;
  const passing = [true, 'NOETL_UNAVAILABLE'] as const;

  test.each<[string, string, boolean, string]>([
    [
      'Object of type date is not JSON serializable',
      because('Object of type date is not JSON serializable'),
      ...outcome,
    ],
    [
      'Out of range float values are not JSON compliant: nan',
      because('Out of range float values are not JSON compliant: nan'),
      ...outcome,
    ],
    [
      `Client error '422 Unprocessable Entity' ${url}`,
      because('it is larger than NoETL takes (422 Unprocessable Entity)'),
      ...outcome,
    ],
    [
      `Server error '500 Internal Server Error' ${url}`,
      because('NoETL answered 500 Internal Server Error'),
      ...outcome,
    ],
    ['All connection attempts failed', `${outage} (All connection attempts failed)`, ...passing],
    [
      'Server disconnected without sending a response.',
      `${outage} (Server disconnected without sending a response.)`,
      ...passing,
    ],
    ['', outage, ...passing],
    [
      'code=pool_saturated message=server returned 503',
      `${outage} (code=pool_saturated message=server returned 503)`,
      ...passing,
    ],
    [`Server error '503 Service Unavailable' ${url}`, outage, ...passing],
  ])('%s', (cause, message, retryable, code) => {
    const text = `Event emission failed: Batch event emission failed: ${cause}`;
    expect(failureText(text)).toBe(message);
    expect(reasonOf(text, {})).toMatchObject({ text, retryable, code });
  });

  test('a NUL character is named only where NoETL does', () => {
    const text = 'unsupported Unicode escape sequence\nDETAIL:  \\u0000 cannot be converted to text.';
    expect(failureText(text)).toBe(because('it holds a NUL character'));
  });
});

describe('the reason', () => {
  const unspecific = 'Tool returned error status';
  test.each<[string, string | undefined, Record<string, unknown>, unknown]>([
    ["is the event's error", 'no table', { status: 'error', id: '7' }, plainReason('no table')],
    ["is the playbook's own message", unspecific, { status: 'error', message: 'declined' }, plainReason('declined')],
    ['has its code', unspecific, { message: 'closed', code: 17 }, { ...plainReason('closed'), code: '17' }],
    [
      'is what the tool says',
      unspecific,
      { error: { code: 'HTTP_500', status_code: 500, retryable: true, message: 'upstream is down' } },
      { text: 'upstream is down', code: 'HTTP_500', httpStatus: 500, retryable: true },
    ],
    [
      'has no member without a value',
      'b does not work',
      { error: { code: null, kind: 'tool_error', message: 'b does not work', retryable: false, status_code: null } },
      { ...plainReason('b does not work'), retryable: false },
    ],
    [
      'is not known',
      unspecific,
      { status: 'error', error: '' },
      plainReason('the tool of this step reported an error, and NoETL keeps no reason of it'),
    ],
    ['has no code that is a text', 'x', { code: 'see\nhere', status_code: 9, retryable: 'no' }, plainReason('x')],
    ['is missing', undefined, {}, undefined],
  ])('%s', (_name, text, context, want) => {
    expect(reasonOf(text, context)).toEqual(want);
  });
});
