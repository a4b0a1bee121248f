import { expect, test } from 'vitest';
import { parseTraceContext, traceHeaders } from '../../../../gateway/http/exchange-scope.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const spanId = 'b7ad6b7169203331';
const valid = `00-${traceId}-${spanId}-01`;

test('what came goes on as it is', () => {
  const context = parseTraceContext(valid, 'congo=t61rcWkgMzE,rojo=00f067aa0ba902b7');
  expect(context).toEqual({ traceId, spanId, flags: '01', state: 'congo=t61rcWkgMzE,rojo=00f067aa0ba902b7' });
  expect(context && traceHeaders(context)).toEqual({
    traceparent: valid,
    tracestate: 'congo=t61rcWkgMzE,rojo=00f067aa0ba902b7',
  });
});

test.each([
  ['a later version with more behind it', `cc-${traceId}-${spanId}-01-what-the-future-brings`],
  ['not sampled', `00-${traceId}-${spanId}-00`],
])('%s is valid', (_name, traceparent) => {
  expect(parseTraceContext(traceparent, undefined)).toMatchObject({ traceId, spanId });
});

test.each([
  ['nothing', undefined],
  ['sent twice', [valid, valid]],
  ['version ff', `ff-${traceId}-${spanId}-01`],
  ['more than version 00 has', `${valid}-x`],
  ['upper case', valid.toUpperCase()],
  ['no trace', `00-${'0'.repeat(32)}-${spanId}-01`],
  ['no parent', `00-${traceId}-${'0'.repeat(16)}-01`],
  ['too short', `00-${traceId.slice(1)}-${spanId}-01`],
  ['a line break', `${valid}\r\nx: y`],
  ['endless', `cc-${traceId}-${spanId}-01-${'x'.repeat(600)}`],
])('%s is no context', (_name, traceparent) => {
  expect(parseTraceContext(traceparent, undefined)).toBeUndefined();
});

test.each(['x'.repeat(513), 'a=b\r\nx: y', 'a=\u00e9'])('a state that is not plain is dropped', (state) => {
  expect(parseTraceContext(valid, state)).toEqual({ traceId, spanId, flags: '01' });
});
