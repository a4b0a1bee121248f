import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { type WatchedPolicyOptions, watchPolicy } from '../../../../gateway/policy/watched-policy.ts';
import { createLocalAccessChecker } from '../../../../plugins/noetl-auth/access/access-checkers.ts';
import { playbookPath } from '../../../support/allowed-decision.ts';

const folder = mkdtempSync(join(tmpdir(), 'policy-'));
afterAll(() => rmSync(folder, { recursive: true }));

const policy = (pattern: string) => `grants:\n  - {role: dev, allow: [view], patterns: '${pattern}'}\n`;

/** A watched file whose looks are made by the test. */
async function watched(name: string, text: string) {
  const file = join(folder, name);
  writeFileSync(file, text);
  const reports: { outcome: string; problems: readonly string[] }[] = [];
  const events: string[] = [];
  let look = async (): Promise<void> => {};
  let stopped = false;
  const options: WatchedPolicyOptions = {
    file,
    roles: ['dev'],
    reserved: new Set(['auth/login']),
    observe: (event) => void events.push(`${event.type} ${'outcome' in event ? event.outcome : ''}`),
    clock: () => 5,
    report: (outcome, problems) => void reports.push({ outcome, problems }),
    every: (given) => {
      look = given;
      return () => {
        stopped = true;
      };
    },
  };
  const followed = await watchPolicy(options);
  const checker = createLocalAccessChecker(followed.current);
  const user = { userId: '1', email: undefined, displayName: 'Dev', roles: ['dev'] };
  const may = async (path: string) =>
    (await checker.check({ user, permission: 'view', path: playbookPath(path), token: undefined })).allowed;
  return { file, followed, reports, events, may, look: () => look(), isStopped: () => stopped };
}

test('a changed file counts for the next decision, once it has settled', async () => {
  const { file, may, look, reports, events } = await watched('a.yaml', policy('data/*'));
  expect([await may('data/x'), await may('jobs/x')]).toEqual([true, false]);
  writeFileSync(`${file}.new`, policy('jobs/*'));
  renameSync(`${file}.new`, file);
  await look();
  expect(await may('data/x')).toBe(true);
  await look();
  expect([await may('data/x'), await may('jobs/x')]).toEqual([false, true]);
  await look();
  expect(reports).toEqual([{ outcome: 'applied', problems: [] }]);
  expect(events).toEqual(['policy_file applied']);
});

test('a refused file leaves the grants as they are, and is reported once', async () => {
  const { file, followed, may, look, reports } = await watched('b.yaml', policy('data/*'));
  expect(followed.state()).toEqual({ file: 'b.yaml', at: 5 });
  writeFileSync(file, `${policy('jobs/*')}unknown: 1\n`);
  for (let n = 0; n < 4; n += 1) await look();
  expect([await may('data/x'), await may('jobs/x')]).toEqual([true, false]);
  const problems = [expect.stringContaining('unknown member')];
  expect(reports).toEqual([{ outcome: 'refused', problems }]);
  expect(followed.state()).toEqual({ file: 'b.yaml', at: 5, refused: { at: 5, problems } });
  writeFileSync(file, policy('jobs/*'));
  for (let n = 0; n < 2; n += 1) await look();
  expect(await may('jobs/x')).toBe(true);
  expect(followed.state()).toEqual({ file: 'b.yaml', at: 5 });
});

test('a file that goes away leaves the grants as they are', async () => {
  const { file, may, look, reports } = await watched('c.yaml', policy('data/*'));
  rmSync(file);
  for (let n = 0; n < 3; n += 1) await look();
  expect(await may('data/x')).toBe(true);
  expect(reports).toEqual([{ outcome: 'refused', problems: [expect.stringContaining('cannot be read')] }]);
});

test('reserved paths stay reserved, whatever the file allows', async () => {
  const { may } = await watched('d.yaml', policy('*'));
  expect(await may('auth/login')).toBe(false);
});

test('a refused file stops the start, and so does one that is too large', async () => {
  await expect(watched('e.yaml', 'grants: x')).rejects.toMatchObject({ code: 'ERR_POLICY_INVALID' });
  await expect(watched('f.yaml', ' '.repeat(1_048_577))).rejects.toMatchObject({
    problems: [expect.stringContaining('1 MiB')],
  });
});

test('stops looking', async () => {
  const { followed, isStopped } = await watched('g.yaml', policy('*'));
  followed.stop();
  expect(isStopped()).toBe(true);
});
