import type { Clock } from '../../core/clock.ts';
import type { SamplePlaybook } from './playbooks.ts';
import {
  closing,
  createEventWriter,
  type EventWriter,
  layOut,
  opening,
  type Run,
  type RunEvent,
  stepBegins,
  stepEnds,
} from './run.ts';
import { type RunView, viewRun } from './run-view.ts';

export interface StartOptions {
  readonly workload: Readonly<Record<string, unknown>>;
  readonly parentId?: string;
}

/** The executions of a stand-in. */
export interface Runs {
  /** Starts a sample playbook; its script runs in the clock's time. */
  start(playbook: SamplePlaybook, catalogId: string, options: StartOptions): Run;
  /** Starts a run whose only step stays open until {@link Runs.finish}. */
  startOpen(playbook: SamplePlaybook, catalogId: string, options: StartOptions): Run;
  finish(run: Run, outcome: { readonly result: unknown } | { readonly error: string }): void;
  view(id: string): RunView | undefined;
  /** Newest first, from one place to another. */
  list(from?: number, to?: number): readonly RunView[];
  count(): number;
  /** As the real server does it: a finished run becomes cancelled too, and so do its children. */
  cancel(
    id: string,
    cascade: boolean,
  ): { readonly already: RunView['state'] } | { readonly cancelled: readonly string[] };
}

/** Older runs are forgotten. */
const kept = 10_000;

export function createRuns(clock: Clock, nextId: () => string): Runs {
  const runs = new Map<string, Run>();
  const write = createEventWriter(nextId);

  function open(playbook: SamplePlaybook, catalogId: string, { workload, parentId }: StartOptions): Run {
    const startedAt = clock();
    const { path, version } = playbook;
    const merged = { ...playbook.workload, ...workload };
    const events = opening(path, merged, startedAt, write);
    const run: Run = {
      id: nextId(),
      path,
      version,
      catalogId,
      parentId,
      workload: merged,
      startedAt,
      events,
      results: [],
    };
    runs.set(run.id, run);
    if (runs.size > kept) runs.delete(runs.keys().next().value ?? '');
    return run;
  }

  function childrenOf(id: string): Run[] {
    return [...runs.values()].filter((run) => run.parentId === id).flatMap((run) => [run, ...childrenOf(run.id)]);
  }

  return {
    start(playbook, catalogId, options) {
      const run = open(playbook, catalogId, options);
      const rest = layOut(run.path, playbook.script(run.workload), run.startedAt, write);
      run.events = [...run.events, ...rest.events];
      run.results = rest.results;
      return run;
    },
    startOpen(playbook, catalogId, options) {
      const run = open(playbook, catalogId, options);
      run.events = [...run.events, ...stepBegins('start', run.startedAt + 2, write)];
      return run;
    },
    finish: (run, outcome) => finish(run, outcome, clock(), write),
    view(id) {
      const run = runs.get(id);
      return run === undefined ? undefined : viewRun(run, clock());
    },
    list: (from = 0, to = runs.size) =>
      [...runs.values()]
        .reverse()
        .slice(from, to)
        .map((run) => viewRun(run, clock())),
    count: () => runs.size,
    cancel(id, cascade) {
      const run = runs.get(id);
      if (run === undefined) return { cancelled: [] };
      if (viewRun(run, clock()).state === 'CANCELLED') return { already: 'CANCELLED' };
      const all = [run, ...(cascade ? childrenOf(id) : [])];
      for (const each of all) markCancelled(each, clock(), write);
      return { cancelled: all.map((each) => each.id) };
    },
  };
}

function finish(run: Run, outcome: Parameters<Runs['finish']>[1], at: number, write: EventWriter): void {
  const failed = 'error' in outcome;
  const step = { name: 'start', ms: 0, ...outcome };
  run.events = [...run.events, ...stepEnds(step, at, write)];
  if (!failed) run.results = [{ step: 'start', at, value: outcome.result }];
  if (run.events.some((event) => event.type === 'execution.cancelled')) return;
  const outcomeWord = failed ? 'failed' : 'completed';
  run.events = [...run.events, ...closing(run.path, outcomeWord, { status: 'complete' }, at + 5, write)];
}

/** A running step is not interrupted; the next one does not start. */
function markCancelled(run: Run, now: number, write: EventWriter): void {
  const entered = run.events.filter((event) => event.at <= now && event.type === 'step.enter').map(({ node }) => node);
  const started = new Set(entered);
  const stays = (event: RunEvent) => event.at <= now || (started.has(event.node) && event.type !== 'command.issued');
  const mark = write({ at: now, type: 'execution.cancelled', node: 'cancel', status: 'CANCELLED' });
  run.events = [...run.events.filter(stays), mark].toSorted((a, b) => a.at - b.at);
}
