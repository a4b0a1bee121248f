import type { Clock } from '../../plugins/clock.ts';
import type { CatalogEntry } from './catalog.ts';
import { childTools, type StartOptions } from './children.ts';
import { layOut, layOutFrom, type RunWriter, type StepRun } from './lay-out.ts';
import { markCancelled } from './mark-cancelled.ts';
import { createPythonWriter } from './python-writer.ts';
import { emptyRun, type LayOutTools, type Run } from './run.ts';
import { type RunView, viewRun } from './run-view.ts';
import { createRustWriter } from './rust-writer.ts';
import type { Script } from './script.ts';

export interface RunsOptions {
  readonly clock: Clock;
  readonly nextId: () => string;
  readonly speak: 'python' | 'rust';
  /** Milliseconds that the engine is behind the events of a step; Python only. */
  readonly lagMs: number;
  readonly find: (path: string) => CatalogEntry | undefined;
}

/** The executions of a stand-in. */
export interface Runs {
  /** Starts a sample playbook; its script runs in the clock's time. */
  start(entry: CatalogEntry, options: StartOptions): Run;
  /** Starts a run whose first step stays open until {@link Runs.finish}. */
  startOpen(entry: CatalogEntry, options: StartOptions): Run;
  finish(run: Run, outcome: { readonly result: unknown } | { readonly error: string }): void;
  view(id: string): RunView | undefined;
  /** Newest first, from one place to another. */
  list(from?: number, to?: number): readonly RunView[];
  count(): number;
  /** Cancels a run and, when asked, its children. @returns the ids */
  cancel(id: string, cascade: boolean): readonly string[];
  /** The value behind a reference of an event. @returns undefined: an unknown reference */
  resolve(reference: string): { readonly value: unknown } | undefined;
}

/** Older runs are forgotten. */
const kept = 10_000;
/** The step that an auth playbook works in, and the one that ends it. */
export const openScript: Script = {
  steps: [
    { name: 'start', ms: 0 },
    { name: 'end', ms: 5, result: { status: 'complete' } },
  ],
};

/**
 * The events of a run are laid out at its start, with times to come, and a read shows those whose time has passed. So a
 * test moves the clock and waits for nothing.
 */
export function createRuns(options: RunsOptions): Runs {
  const { clock } = options;
  const runs = new Map<string, Run>();
  // Children that a script starts later are in the map already.
  const started = () => [...runs.values()].filter((run) => run.startedAt <= clock());
  return {
    ...starters(options, runs),
    view(id) {
      const run = runs.get(id);
      return run === undefined || run.startedAt > clock() ? undefined : viewRun(run, clock());
    },
    list: (from = 0, to = runs.size) =>
      started()
        .reverse()
        .slice(from, to)
        .map((run) => viewRun(run, clock())),
    count: () => started().length,
    cancel(id, cascade) {
      const childrenOf = (parent: string): Run[] =>
        started().flatMap((run) => (run.parentId === parent ? [run, ...childrenOf(run.id)] : []));
      const run = runs.get(id);
      if (run === undefined) return [];
      const all = [run, ...(cascade ? childrenOf(id) : [])];
      for (const each of all) markCancelled(each, clock(), options.speak);
      return all.map((each) => each.id);
    },
    resolve(reference) {
      const id = /^noetl:\/\/execution\/(\d+)\//.exec(reference)?.[1] ?? '';
      const references = runs.get(id)?.references;
      return references?.has(reference) === true ? { value: references.get(reference) } : undefined;
    },
  };
}

/** The functions that start executions, and that end one whose work is done elsewhere. */
function starters(options: RunsOptions, runs: Map<string, Run>): Pick<Runs, 'start' | 'startOpen' | 'finish'> {
  const { clock, speak, lagMs } = options;
  const open = new Map<Run, { readonly writer: RunWriter; readonly begun: StepRun }>();
  const children = childTools(options, (entry, childOptions) => start(entry, childOptions));
  const toolsFor = ({ id }: Run): LayOutTools => ({ ...children, startChild: children.startChildOf(id) });
  const writerFor = (run: Run, script: Script) =>
    speak === 'rust' ? createRustWriter(run) : createPythonWriter(run, script, lagMs);

  function create(entry: CatalogEntry, { workload, parentId, at = clock() }: StartOptions): Run {
    const { path, version } = entry.playbook;
    const merged = { ...entry.playbook.workload, ...workload };
    const about = { path, version, catalogId: entry.catalogId, parentId, workload: merged };
    const run = emptyRun({ ...about, id: options.nextId(), startedAt: at });
    runs.set(run.id, run);
    if (runs.size > kept) runs.delete(runs.keys().next().value ?? '');
    return run;
  }

  function start(entry: CatalogEntry, startOptions: StartOptions): Run {
    const run = create(entry, startOptions);
    const script = entry.playbook.script(run.workload);
    layOut(writerFor(run, script), script, toolsFor(run), run);
    return run;
  }

  return {
    start,
    startOpen(entry, startOptions) {
      const run = create(entry, startOptions);
      const writer = writerFor(run, openScript);
      const begun = { step: { name: 'start', ms: 0, continues: true }, part: 0, last: false };
      writer.begin(begun, writer.open());
      // What an auth playbook answers is not known yet, so its script is laid out when it is.
      open.set(run, { writer, begun });
      return run;
    },
    finish(run, outcome) {
      const opened = open.get(run);
      if (opened === undefined) return;
      open.delete(run);
      const ended = 'error' in outcome ? outcome : { produced: outcome.result };
      const next = opened.writer.end(opened.begun, ended, clock());
      // A cancelled run is not laid out further.
      if (next === undefined || run.events.some(({ status }) => status === 'CANCELLED')) return;
      layOutFrom(opened.writer, openScript, 1, next, toolsFor(run), run);
    },
  };
}
