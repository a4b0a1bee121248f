import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { DocumentNode } from 'graphql';
import { sha256 } from './canonical-text.ts';
import type { MeshCache } from './mesh/mesh-schema.ts';

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

/** Schemas that are kept: the sources before a change are often wanted again. */
const maxSchemas = 4;
/** A larger schema costs more to keep than it saves. */
const maxLength = 32 * 1024 * 1024;

/**
 * Keeps what Mesh has made in `node_modules/.cache` of a project, for the packages that are installed now: the lock
 * that npm writes into `node_modules` is part of the key, and a clean install removes both. Without that lock nothing
 * is kept.
 */
export async function createMeshCache(projectDir: string): Promise<{ readonly meshCache?: MeshCache }> {
  const modules = join(projectDir, 'node_modules');
  const installed = await readIfPresent(join(modules, '.package-lock.json')).catch(() => undefined);
  if (installed === undefined) return {};
  const folder = join(modules, '.cache', 'noetl-gateway');
  const fileOf = (key: string) => join(folder, `mesh-${sha256(`${sha256(installed)} ${key}`)}.json`);
  return {
    meshCache: { read: (key) => readDocument(fileOf(key)), write: (key, made) => store(folder, fileOf(key), made) },
  };
}

async function readDocument(file: string): Promise<DocumentNode | undefined> {
  try {
    const value = JSON.parse(await readFile(file, 'utf8')) as DocumentNode;
    return String(value.kind) === 'Document' && Array.isArray(value.definitions) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** What cannot be kept is made again the next time. */
async function store(folder: string, file: string, made: DocumentNode): Promise<void> {
  const text = JSON.stringify(made);
  if (text.length > maxLength) return;
  try {
    await mkdir(folder, { recursive: true });
    // Moved into place, so that a run beside this one never reads a part of a file.
    await writeFile(`${file}.${process.pid}.tmp`, text);
    await rename(`${file}.${process.pid}.tmp`, file);
    const names = (await readdir(folder)).filter((name) => name.startsWith('mesh-'));
    const files = await Promise.all(
      names.map(async (name) => ({ name, at: (await stat(join(folder, name))).mtimeMs })),
    );
    const old = files.toSorted((a, b) => b.at - a.at).slice(maxSchemas);
    await Promise.all(old.map(({ name }) => rm(join(folder, name), { force: true })));
  } catch {}
}
