import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { startNats } from '../../support/child-server.ts';

describe('a server of a run that does not start', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'child-server-test-'));
    vi.stubEnv('TMPDIR', folder);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true, force: true });
  });

  test('is named when its program is missing, and leaves no folder', async () => {
    await expect(startNats('no-such-server')).rejects.toThrow(
      /^no-such-server cannot be started: .*ENOENT\. Install it, or add its folder to PATH\.$/,
    );
    expect(readdirSync(folder)).toEqual([]);
  });

  test('is named when it ends at once, and leaves no folder', async () => {
    await expect(startNats('false')).rejects.toThrow(/^false has ended before it listened on port \d+$/);
    expect(readdirSync(folder)).toEqual([]);
  });
});
