import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** A file of the project: its path with `/`, and its whole text; `content` undefined: it is removed. */
export interface FileChange {
  readonly path: string;
  readonly content: string | undefined;
}

/**
 * Writes all files or no file: everything is first written beside its place, then moved there. When a move fails, what was
 * moved before is put back.
 * @throws the error of the file system.
 */
export async function writeAtomically(projectDir: string, changes: readonly FileChange[]): Promise<void> {
  const staged = changes.map(({ path, content }) => {
    const target = join(projectDir, path);
    return { target, content, temporary: `${target}.${process.pid}.tmp` };
  });
  const undo: (() => Promise<void>)[] = [];
  try {
    for (const { target, temporary, content } of staged) {
      await mkdir(dirname(target), { recursive: true });
      if (content !== undefined) await writeFile(temporary, content);
    }
    for (const { target, temporary, content } of staged) {
      const before = await readIfPresent(target);
      // Before the move, so that a move which fails halfway is undone as well.
      undo.push(() => (before === undefined ? rm(target, { force: true }) : writeFile(target, before)));
      if (content === undefined) await rm(target, { force: true });
      else await rename(temporary, target);
    }
  } catch (error) {
    for (const step of undo.reverse()) await step();
    throw error;
  } finally {
    await Promise.all(staged.map(({ temporary }) => rm(temporary, { force: true })));
  }
}

/** @returns undefined when there is no such file. */
export async function readIfPresent(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
