import { spawnSync } from 'node:child_process';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createLineBatch } from '../../../../gateway/observe/line-batch.ts';
import { pieceBytes } from '../../../../gateway/observe/line-sink.ts';
import { keptLines } from '../../../support/line-sinks.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test('lines of a moment leave together, none waits longer, and no batch is larger than a pipe takes in one piece', () => {
  const { sink, lines } = keptLines();
  const batch = createLineBatch(sink, { wait: 'moment', maxChars: 4_000, onDropped: () => {} });
  batch.write('one\n');
  batch.write('two\n');
  expect(lines).toEqual([]);
  vi.advanceTimersByTime(20);
  expect(lines).toEqual(['one\ntwo\n']);
  const long = `${'x'.repeat(999)}\n`;
  for (let n = 0; n < 9; n += 1) batch.write(long);
  expect(lines.slice(1).map(({ length }) => length)).toEqual([4_000, 4_000]);
  vi.advanceTimersByTime(20);
  expect(lines.slice(3)).toEqual([long]);
});

test('lines of one turn of the event loop leave at its end', () => {
  const { sink, lines } = keptLines();
  const batch = createLineBatch(sink, { wait: 'turn', maxChars: 4_000, onDropped: () => {} });
  batch.write('one\n');
  batch.write('two\n');
  expect(lines).toEqual([]);
  vi.advanceTimersByTime(0);
  expect(lines).toEqual(['one\ntwo\n']);
});

test('under load the lines of many turns leave together, five milliseconds after those before', () => {
  const { sink, lines } = keptLines();
  const batch = createLineBatch(sink, { wait: 'turn', maxChars: 4_000, onDropped: () => {} });
  batch.write('one\n');
  vi.advanceTimersByTime(0);
  batch.write('two\n');
  vi.advanceTimersByTime(4);
  batch.write('three\n');
  expect(lines).toEqual(['one\n']);
  vi.advanceTimersByTime(1);
  expect(lines).toEqual(['one\n', 'two\nthree\n']);
  vi.advanceTimersByTime(5);
  batch.write('four\n');
  vi.advanceTimersByTime(0);
  expect(lines.at(-1)).toBe('four\n');
});

test('a flush hands on what waits, and lines that are lost are counted one by one', async () => {
  const dropped: number[] = [];
  const { sink, lines } = keptLines(1);
  const batch = createLineBatch(sink, { wait: 'moment', maxChars: 4_000, onDropped: (count) => dropped.push(count) });
  batch.write('one\n');
  await batch.flush();
  expect(lines).toEqual(['one\n']);
  batch.write('two\n');
  batch.write('three\n');
  batch.flushNow();
  expect(dropped).toEqual([2]);
});

test.each([
  ['an exception that is not caught', "throw new Error('broken')", 1, 'moment'],
  ['an exit', 'process.exit(3)', 3, 'moment'],
  ['an exit in the turn of the line', 'process.exit(3)', 3, 'turn'],
])('no line is lost at %s', (_name, end, code, wait) => {
  const room = new URL('../../../../gateway/observe/', import.meta.url);
  const script = `
    import { createLineBatch } from '${room}line-batch.ts';
    import { createLineSink } from '${room}line-sink.ts';
    const batch = createLineBatch(createLineSink({ to: 'stdout' }), {
      wait: '${wait}', maxChars: ${pieceBytes}, onDropped() {} });
    process.on('exit', () => batch.flushNow());
    for (let n = 0; n < 2000; n += 1) batch.write('line ' + n + '\\n');
    setTimeout(() => { batch.write('last\\n'); ${end}; }, 5);`;
  const { stdout, status } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  expect(status).toBe(code);
  // What the system was writing at that moment may come last.
  const expected = [...Array.from({ length: 2_000 }, (_, n) => `line ${n}`), 'last', ''];
  expect(stdout.split('\n').toSorted()).toEqual(expected.toSorted());
});
