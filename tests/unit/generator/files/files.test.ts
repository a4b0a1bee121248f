import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { shortDiff } from '../../../../generator/canonical-text.ts';
import { writeAtomically } from '../../../../generator/project-folder.ts';
import { filesIn, temporaryFolder } from '../../../support/project.ts';

let project = temporaryFolder();
beforeEach(() => {
  project = temporaryFolder();
});
afterEach(() => project.remove());

describe('writeAtomically', () => {
  it('writes, makes folders and removes', async () => {
    writeFileSync(join(project.path, 'old'), '1');
    await writeAtomically(project.path, [
      { path: 'a/b/c.txt', content: 'x' },
      { path: 'old', content: undefined },
    ]);
    expect(filesIn(project.path)).toEqual({ 'a/b/c.txt': 'x' });
  });

  it('puts everything back when a move fails', async () => {
    writeFileSync(join(project.path, 'first'), 'before');
    mkdirSync(join(project.path, 'second/full'), { recursive: true });
    const failed = writeAtomically(project.path, [
      { path: 'first', content: 'after' },
      { path: 'new', content: 'after' },
      { path: 'second', content: 'cannot take the place of a folder' },
    ]);
    await expect(failed).rejects.toThrow();
    expect(readFileSync(join(project.path, 'first'), 'utf8')).toBe('before');
    expect(readdirSync(project.path).sort()).toEqual(['first', 'second']);
  });
});

describe('shortDiff', () => {
  it('shows the first place that differs, in a few lines', () => {
    expect(shortDiff('a\nb\nc\nd', 'a\nx\nc\nd')).toBe('@@ line 2 @@\n- b\n+ x');
    expect(shortDiff('a', 'a\nb')).toBe('@@ line 2 @@\n+ b');
    const many = Array.from({ length: 9 }, (_, index) => `line ${index}`).join('\n');
    expect(shortDiff('', many)).toContain('+ … 5 more lines');
    expect(shortDiff('', 'y'.repeat(500)).length).toBeLessThan(200);
  });
});
