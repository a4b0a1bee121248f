import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Exchange } from '../../../../gateway/http/exchange.ts';
import { accessFields, accessLine, createLogger } from '../../../../gateway/observe/logger.ts';
import { keptLines } from '../../../support/line-sinks.ts';

beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-01-02T03:04:05.678Z') });
});
afterEach(() => {
  vi.useRealTimers();
});

const plain = {
  requestId: '5f0c2f0e-8d0b-4b5f-9c69-0d8f6f2d9f11',
  clientIp: '2001:db8::1',
  method: 'POST',
  path: '/graphql',
};
const trace = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', flags: '01' };
const paths = [
  '/graphql',
  '/cb/a-secret-of-a-callback',
  '/x?token=abc',
  '/bearer abc',
  '/"quoted"\\/\u0000\u007fé',
  `/${'a1'.repeat(120)}`,
  '/session-abcdefghij0123456789',
  '/a:b@c/http://user:pass@host.example.com/',
  '/eyJhbGciOi.eyJz.x',
  '/"token":"abc"',
];
const sent = ['r-1', 'abcdefghijklmnopqrst0123456789', 'secret', 'basic', 'password'];

const cases: readonly (readonly [name: string, exchange: object, status: number])[] = [
  ['an exchange', plain, 200],
  ['a trace', { ...plain, trace }, 200],
  ...paths.map((path) => [`the path ${path}`, { ...plain, path }, 404] as const),
  ...sent.map((callerRequestId) => [`the id ${callerRequestId}`, { ...plain, callerRequestId, trace }, 499] as const),
];

test.each(cases)('the line of %s is the logger’s', (_name, exchange, status) => {
  const { sink, lines } = keptLines();
  createLogger({ level: 'info', pretty: false, sink }).info(accessFields(exchange as Exchange, status, 1.6), 'request');
  expect(accessLine(exchange as Exchange, status, 1.6)).toBe(lines[0]);
});
