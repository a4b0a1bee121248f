import { readFileSync } from 'node:fs';
import { join, normalize, sep } from 'node:path';
import { withDerivedRows } from '../gateway/config/actions.ts';
import type { GatewayConfig } from '../gateway/config/gateway-config.ts';
import { checkDeclaration } from '../gateway/config/resolve-config.ts';
import { type BuiltSchema, schemaOf, structure } from './build-schema.ts';
import { shortDiff } from './canonical-text.ts';
import type { DiffReport } from './diff/diff-report.ts';
import type { Emitter, OutputFile } from './emit/emitter.ts';
import { headerText } from './emit/emitter.ts';
import { emitMeshSources, emitOperations, emitSchema, schemaPath } from './emit/schema-files.ts';
import { suggestMoved } from './lock/compare-lock.ts';
import {
  type GatewayLock,
  gatewayLockPath,
  openRecord,
  openRecordPath,
  parseGatewayLock,
  parseOpenRecord,
  printGatewayLock,
  printOpenRecord,
} from './lock/gateway-lock.ts';
import { type Acceptance, acceptNothing, type NewMember } from './lock/new-members.ts';
import type { Normalised } from './normalise/normalise.ts';
import type { OpenApiDocument } from './openapi/open-api.ts';
import { createMeshCache, type FileChange, readIfPresent, writeAtomically } from './project-folder.ts';
import { readDocument } from './pull/pulled-files.ts';
import { assertNoProblems, buildTable, type OperationsTable } from './table/build-table.ts';

export interface GenerateOptions {
  readonly projectDir: string;
  readonly config: GatewayConfig;
  /** Renderers beside the schema and the table; the CLI passes `emitters`. */
  readonly emitters: readonly Emitter[];
  /** Write nothing; report the differences. Default false. */
  readonly check?: boolean;
  /** Write nothing when something that is open would break (`news.breaks`). Default false. */
  readonly failOnBreaking?: boolean;
  /** What is accepted of changed meanings and new members. Default: nothing. */
  readonly accept?: Acceptance;
  /** Default: the clock's. */
  readonly now?: () => Date;
  /** Receives every finished stage. */
  readonly onStage?: (stage: Stage) => void;
}

/** A part of the run that is finished, and how long it took, milliseconds. */
export interface Stage {
  readonly name: string;
  readonly ms: number;
}

/** A file that is not what a new run would write. */
export interface Difference {
  readonly path: string;
  readonly kind: 'stale' | 'missing' | 'orphaned';
  /** The first differing lines; empty unless stale. */
  readonly diff: string;
}

export interface GenerateResult {
  /** Before this run; with `check` they remain. */
  readonly differences: readonly Difference[];
  /** Every file that belongs to the tree. */
  readonly files: readonly string[];
  /** Unknown names of the config, left-out rows, accepted risks, public names that are gone. */
  readonly notes: readonly string[];
  /** What the document has added to what is open: closed until it is accepted. */
  readonly pending: readonly NewMember[];
  /** What this run has accepted of it. */
  readonly opened: readonly NewMember[];
  /** What has changed since the last generation; undefined when nothing has, and on the first one. */
  readonly news: DiffReport | undefined;
  readonly rules: Normalised['changes'];
}

/**
 * Writes everything that is generated, or with `check` reports what would be written. All or nothing.
 * @throws ERR_CONFIG_INVALID (a value of the config cannot work), ERR_SPEC_INVALID (no document), ERR_POLICY_INVALID
 * (config and document do not fit, or a name would change its meaning), ERR_SPEC_UNSUPPORTED (Mesh gave up), each with
 * `problems`; nothing is written then.
 */
export async function generate(given: GenerateOptions): Promise<GenerateResult> {
  const options = { ...given, config: withDerivedRows(given.config) };
  const { projectDir, config } = options;
  const stage = stopwatch(options.onStage ?? (() => {}));
  // First, since everything after it relies on the config.
  const warnings = checkDeclaration(config);
  const document = await readDocument(projectDir);
  const lock = parseGatewayLock(await readIfPresent(join(projectDir, gatewayLockPath)));
  stage('read');
  const structured = structure(document);
  const table = buildTable(structured.document, config);
  assertNoProblems(table, () => movedOperations(config, table, lock));
  stage('table');
  const built = await schemaOf(structured, table, {
    config,
    lock,
    accept: options.accept ?? acceptNothing,
    now: {
      date: (options.now?.() ?? new Date()).toISOString().slice(0, 10),
      version: await projectVersion(projectDir),
    },
    onStage: stage,
    ...(await createMeshCache(projectDir)),
  });
  // All texts are made before the first file is written, so that a failure leaves the tree as it was.
  const record = openRecord(document, built.operations, lock);
  const schema = emitSchema(built.sdl);
  const recordFile = { path: openRecordPath, content: printOpenRecord(record) };
  const news = await newsSince(options, lock, record, built, [...schema, recordFile]);
  const outputs = [...schema, ...(await emit(options, document, built)), recordFile];
  stage('emit');
  // The lock lists every file, itself too: the next run finds by that list what it does not make any more.
  const paths = [...outputs.map(({ path }) => path), gatewayLockPath].sort();
  const lockFile = { path: gatewayLockPath, content: printGatewayLock({ ...built.names, files: paths }) };
  const { differences, writes } = await compare(projectDir, [...outputs, lockFile], lock);
  stage('compare');
  const writesNothing = options.check === true || (options.failOnBreaking === true && news?.breaks === true);
  if (!writesNothing) await writeAtomically(projectDir, writes);
  stage(writesNothing ? 'check' : 'write');
  const { notes, pending, opened, changes: rules } = built;
  return { differences, files: paths, notes: [...warnings, ...notes], pending, opened, news, rules };
}

/** What the document and the config have changed of what was generated last: the words of `diff`. */
async function newsSince(
  { projectDir, config }: GenerateOptions,
  lock: GatewayLock,
  record: OpenApiDocument,
  built: BuiltSchema,
  next: readonly OutputFile[],
): Promise<DiffReport | undefined> {
  const recordText = await readIfPresent(join(projectDir, openRecordPath));
  const sdl = await readIfPresent(join(projectDir, schemaPath));
  const isSame = (path: string, text: string | undefined) => next.find((file) => file.path === path)?.content === text;
  // What is compared is the same: neither the comparison nor its packages are needed.
  if (built.pending.length === 0 && isSame(openRecordPath, recordText) && isSame(schemaPath, sdl)) return undefined;
  const before = parseOpenRecord(recordText);
  if (before === undefined || sdl === undefined) return undefined;
  // Loaded only here: it brings the packages of the comparison.
  const { news } = await import('./diff/diff.ts');
  return news({ before, record, sdl, lock, config, built });
}

/**
 * The version of the project's manifest, for former names that are promised until a version. Without one it is `0.0.0`,
 * which is before every promised version.
 */
async function projectVersion(projectDir: string): Promise<string> {
  try {
    const { version } = JSON.parse((await readIfPresent(join(projectDir, 'package.json'))) ?? '{}') as {
      version?: unknown;
    };
    return typeof version === 'string' ? version : '0.0.0';
  } catch {
    return '0.0.0';
  }
}

function stopwatch(onStage: (stage: Stage) => void): (name: string) => void {
  let since = performance.now();
  return (name) => {
    const now = performance.now();
    onStage({ name, ms: now - since });
    since = now;
  };
}

/** For rows whose operation the document lacks and must have: what the lock remembers, and may have moved there. */
function movedOperations(
  config: GatewayConfig,
  { operations, shapes }: OperationsTable,
  lock: GatewayLock,
): readonly string[] {
  const open = new Set(operations.flatMap(({ source }) => (source.kind === 'upstream' ? [source.key] : [])));
  const candidates = shapes.filter(({ key }) => !open.has(key));
  const missing = Object.entries(config.operations).filter(
    ([field, row]) => !('optional' in row && row.optional === true) && !operations.some((one) => one.field === field),
  );
  return missing.flatMap(([field]) => suggestMoved(field, lock, candidates) ?? []);
}

async function emit(options: GenerateOptions, document: OpenApiDocument, built: BuiltSchema): Promise<OutputFile[]> {
  const { config, projectDir, emitters } = options;
  const input = { config, operations: built.operations, schema: built.schema, document, read: reader(projectDir) };
  const outputs = [
    ...emitOperations(built),
    ...emitMeshSources(built.sources),
    ...(await Promise.all(emitters.map((emitter) => emitter(input)))).flat(),
  ];
  // The order of emitters would decide which text stays.
  const twice = [schemaPath, ...outputs.map(({ path }) => path)].find(
    (path, index, all) => all.indexOf(path) !== index,
  );
  if (twice !== undefined) throw new TypeError(`two emitters write ${twice}`);
  return outputs;
}

/** Reads the project's own files, and nothing outside of it. */
function reader(projectDir: string): (path: string) => string | undefined {
  return (path) => {
    const inside = normalize(path);
    if (inside.startsWith('..') || inside.startsWith(sep)) return undefined;
    try {
      return readFileSync(join(projectDir, inside), 'utf8');
    } catch {
      return undefined;
    }
  };
}

async function compare(
  projectDir: string,
  outputs: readonly OutputFile[],
  lock: GatewayLock,
): Promise<{ differences: Difference[]; writes: FileChange[] }> {
  const differences: Difference[] = [];
  const writes: FileChange[] = [];
  for (const { path, content } of outputs) {
    const before = await readIfPresent(join(projectDir, path));
    if (before === content) continue;
    writes.push({ path, content });
    differences.push(
      before === undefined
        ? { path, kind: 'missing', diff: '' }
        : { path, kind: 'stale', diff: shortDiff(before, content) },
    );
  }
  const made = new Set(outputs.map(({ path }) => path));
  for (const path of lock.files.filter((candidate) => !made.has(candidate) && isInside(candidate))) {
    // Only a file that still has the header of generated files may be removed.
    const text = await readIfPresent(join(projectDir, path));
    if (text === undefined || !text.includes(headerText.slice(0, 20))) continue;
    writes.push({ path, content: undefined });
    differences.push({ path, kind: 'orphaned', diff: '' });
  }
  return { differences: differences.sort((a, b) => (a.path < b.path ? -1 : 1)), writes };
}

/** The lock is a file that people edit and merge: a path in it must not lead out of the project. */
const isInside = (path: string): boolean => !normalize(path).startsWith('..') && !normalize(path).startsWith(sep);
