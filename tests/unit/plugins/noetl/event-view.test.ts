import { expect, test } from 'vitest';
import { eventView } from '../../../../plugins/noetl/event-view.ts';
import { failedText, failureText } from '../../../../plugins/noetl/failure-text.ts';

const text = 'ValueError: no such table';

test.each(['error', 'stderr', 'traceback', 'stack_trace'])('%s becomes the text of a failure, however deep', (name) => {
  const event = { result: [{ [name]: text }] };
  expect(eventView(event, 'shown')).toEqual({ result: [{ [name]: failureText(text) }] });
  expect(eventView(event, 'hidden')).toEqual({ result: [{ [name]: failedText }] });
});

test('the source of a step is left out, however deep; all else stays', () => {
  const event = { event_type: 'x', tool_config: { code: 'secret' }, context: { tool_config: 1, n: [1, null, 'a'] } };
  expect(eventView(event, 'shown')).toEqual({ event_type: 'x', context: { n: [1, null, 'a'] } });
});

test('what says no error stays: nothing, blanks, and what is no text', () => {
  const event = { error: '', stderr: ' \n', traceback: null, stack_trace: { error: 1 }, message: 'all is well' };
  expect(eventView(event, 'hidden')).toEqual(event);
});

test('errors within twelve levels are found', () => {
  const nested = (depth: number): unknown => (depth === 0 ? { error: text } : { a: nested(depth - 1) });
  expect(JSON.stringify(eventView(nested(12), 'hidden'))).not.toContain(text);
  expect(JSON.stringify(eventView([[[[[[[[[[[[{ error: text }]]]]]]]]]]]], 'hidden'))).not.toContain(text);
  // Deeper than any event of NoETL.
  expect(eventView(nested(13), 'hidden')).toEqual(nested(13));
});

test.each([
  ['a report of NoETL', { message: text, error_code: 'processing_error' }],
  ['a result that reports an error', { status: 'error', message: text }],
  ['a failed result', { status: 'FAILED', message: text }],
])('the message of %s is an error, too', (_name, report) => {
  expect(eventView({ context: report }, 'shown')).toEqual({ context: { ...report, message: failureText(text) } });
  expect(eventView({ context: { error: { message: text } } }, 'hidden')).toEqual({
    context: { error: { message: failedText } },
  });
});
