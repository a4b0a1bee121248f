import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { createLineSink } from '../../../../gateway/observe/line-sink.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'line-sink-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('appends to a file that only its owner may read, and makes what is missing', async () => {
  const to = join(folder, 'logs', 'audit.jsonl');
  for (const line of ['one\n', 'two\n']) {
    const sink = createLineSink({ to });
    expect(sink.write(line)).toBe(true);
    await sink.flush();
  }
  expect(await readFile(to, 'utf8')).toBe('one\ntwo\n');
  expect((await stat(to)).mode & 0o077).toBe(0);
});

test('a file that cannot be written stops the start, without naming it', () => {
  expect(() => createLineSink({ to: join(folder, '\0') })).toThrow(
    expect.objectContaining({ code: 'ERR_CONFIG_INVALID', message: 'the audit log cannot be written' }),
  );
});

test('lines above the bound are dropped, and that is reported', async () => {
  const sink = createLineSink({ to: join(folder, 'audit.jsonl'), maxChars: 100 });
  const written = Array.from({ length: 20 }, () => sink.write(`${'x'.repeat(30)}\n`));
  expect(written[0]).toBe(true);
  expect(written.at(-1)).toBe(false);
  await sink.flush();
  expect(sink.write('again\n')).toBe(true);
});

test('a process ends although the reader of its output has gone', { timeout: 60_000 }, async () => {
  const room = new URL('../../../../gateway/observe/', import.meta.url);
  const script = `
    import { createLineSink } from '${room}line-sink.ts';
    const sink = createLineSink({ to: 'stdout' });
    process.on('exit', () => sink.flushNow());
    process.stdin.once('data', () => {
      sink.write('read by none\\n');
      void sink.flush().then(() => process.exit(3));
    });`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['pipe', 'pipe', 'ignore'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  child.stdout.destroy();
  await once(child.stdout, 'close');
  child.stdin.write('go');
  expect(await once(child, 'exit')).toEqual([3, null]);
});

test('a process ends although its output is not read', { timeout: 60_000 }, async () => {
  const room = new URL('../../../../gateway/observe/', import.meta.url);
  const script = `
    import { createLineSink } from '${room}line-sink.ts';
    // As the command does, which makes writes return at once.
    process.stdout.on('error', () => {});
    const sink = createLineSink({ to: 'stdout' });
    process.on('exit', () => sink.flushNow());
    for (let n = 0; n < 3000; n += 1) sink.write('x'.repeat(1000) + '\\n');
    void sink.flush().then(() => process.exit(3));`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'ignore'] });
  child.stdout.pause();
  onTestFinished(() => void child.kill('SIGKILL'));
  expect(await once(child, 'exit')).toEqual([3, null]);
});

test('a process ends although its first write, at the exit itself, finds no reader', { timeout: 60_000 }, async () => {
  const room = new URL('../../../../gateway/observe/', import.meta.url);
  const script = `
    import { createLineSink } from '${room}line-sink.ts';
    const sink = createLineSink({ to: 'stdout' });
    process.on('exit', () => sink.flushNow());
    process.stdin.once('data', () => {
      for (let n = 0; n < 100; n += 1) sink.write('x'.repeat(1000) + '\\n');
      process.exit(3);
    });`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['pipe', 'pipe', 'ignore'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  child.stdout.destroy();
  await once(child.stdout, 'close');
  child.stdin.write('go');
  expect(await once(child, 'exit')).toEqual([3, null]);
});

test('lines stay whole and in order, also those that wait at the exit', async () => {
  const to = join(folder, 'audit.jsonl');
  const sink = createLineSink({ to });
  const lines = Array.from({ length: 500 }, (_, n) => `${n} ${'ü'.repeat(n % 90)}\n`);
  for (const line of lines) sink.write(line);
  await sink.flush();
  expect(await readFile(to, 'utf8')).toBe(lines.join(''));
});

test('lines of one turn of the event loop leave together at its end, and under load ten milliseconds after those before', async () => {
  const to = join(folder, 'log');
  const sink = createLineSink({ to });
  const written = () => readFileSync(to, 'utf8');
  sink.write('one\n');
  sink.write('two\n');
  expect(written()).toBe('');
  await vi.waitFor(() => expect(written()).toBe('one\ntwo\n'), { interval: 1 });
  sink.write('three\n');
  await new Promise((resolve) => setImmediate(resolve));
  sink.write('four\n');
  expect(written()).toBe('one\ntwo\n');
  await vi.waitFor(() => expect(written()).toBe('one\ntwo\nthree\nfour\n'), { interval: 1 });
});

test.each([
  ['an exception that is not caught', "throw new Error('broken')", 1],
  ['an exit', 'process.exit(3)', 3],
])('no line is lost at %s', (_name, end, code) => {
  const room = new URL('../../../../gateway/observe/', import.meta.url);
  const script = `
    import { createLineSink } from '${room}line-sink.ts';
    const sink = createLineSink({ to: 'stdout' });
    process.on('exit', () => sink.flushNow());
    for (let n = 0; n < 2000; n += 1) sink.write('line ' + n + '\\n');
    setTimeout(() => { sink.write('last\\n'); ${end}; }, 5);`;
  const { stdout, status } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  expect(status).toBe(code);
  // What the system was writing at that moment may come last.
  const expected = [...Array.from({ length: 2_000 }, (_, n) => `line ${n}`), 'last', ''];
  expect(stdout.split('\n').toSorted()).toEqual(expected.toSorted());
});
