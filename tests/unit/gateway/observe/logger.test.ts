import { expect, test } from 'vitest';
import { createLogger } from '../../../../gateway/observe/logger.ts';
import { GatewayError } from '../../../../plugins/errors.ts';
import { keptLines } from '../../../support/line-sinks.ts';

test('one JSON object a line, with time, level and what is bound', () => {
  const { sink, lines, parsed } = keptLines();
  const log = createLogger({ level: 'info', pretty: false, sink });
  log.child({ requestId: 'r-1' }).warn({ n: 1 }, 'something');
  log.debug('not shown');
  expect(lines).toHaveLength(1);
  expect(lines[0]?.endsWith('\n')).toBe(true);
  expect(parsed()[0]).toMatchObject({ level: 'warn', requestId: 'r-1', n: 1, msg: 'something' });
  expect(parsed()[0]?.['time']).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/);
});

test('errors show their causes, and no token', () => {
  const { sink, lines, parsed } = keptLines();
  const log = createLogger({ level: 'info', pretty: false, sink });
  const cause = new Error('refused: Bearer abcdef', { cause: new Error('session 0123456789abcdef0123456789abcdef') });
  log.error({ err: new GatewayError('ERR_STORE', 'the session store does not answer', { cause }) }, 'failed');
  expect(parsed()[0]?.['err']).toMatchObject({ code: 'ERR_STORE', cause: { cause: { type: 'Error' } } });
  expect(lines.join('')).not.toMatch(/abcdef/);
});

test('a value under a secret name goes, wherever it stands', () => {
  const { sink, lines } = keptLines();
  const log = createLogger({ level: 'info', pretty: false, sink });
  log.info({ headers: { authorization: 'tiny', cookie: 'tiny' }, body: { deep: { auth0_token: 'tiny' } } });
  expect(lines.join('')).not.toContain('tiny');
});

test('an unknown level is info; silent is silent', () => {
  const { sink, lines } = keptLines();
  createLogger({ level: 'noetl=debug', pretty: false, sink }).info('shown');
  createLogger({ level: 'silent', pretty: false, sink }).fatal('not shown');
  expect(lines).toHaveLength(1);
});

test('what was dropped is reported', () => {
  const { sink } = keptLines(1);
  const drops: number[] = [];
  const log = createLogger({ level: 'info', pretty: false, sink, onDrop: () => drops.push(1) });
  log.info('one');
  log.info('two');
  expect(drops).toHaveLength(1);
});
