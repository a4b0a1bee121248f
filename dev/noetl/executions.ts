import type { Clock } from '../../plugins/clock.ts';

type Members = Readonly<Record<string, unknown>>;

/** One step of a sample playbook: how long it works, and its result. */
export interface PlaybookStep {
  readonly name: string;
  /** Milliseconds of work. */
  readonly ms: number;
  /** The kind of its tool. Default `python`. */
  readonly tool?: 'python' | 'postgres' | 'noop';
  /** What a python step produced, or the rows of a postgres step. */
  readonly result?: unknown;
  /** The source of the tool, as the events of the step show it. */
  readonly code?: string;
  /** The step is written in list form: its `tool` is a list of tasks. */
  readonly list?: true;
  /** A step that an arc of this one leads to, and whose condition does not hold. */
  readonly skips?: string;
  /** The step raises an error with this text. */
  readonly error?: string;
  /** The execution goes on after the error, and ends failed. Without it the error ends the execution. */
  readonly continues?: true;
}

/** What an execution does, step by step. */
export interface PlaybookScript {
  readonly steps: readonly PlaybookStep[];
  /** Milliseconds that the events of a step's end wait for the Python engine. Default 5. */
  readonly gapMs?: number;
}

/** An event of an execution, in neither server's words: the shapes write what their server shows of it. */
export interface ExecutionEvent {
  readonly id: string;
  /** When it can be read, in milliseconds. */
  readonly at: number;
  /** Its `created_at`: a worker's events carry the worker's time, which is earlier. */
  readonly createdAt: number;
  readonly type: string;
  readonly node: string;
  readonly status: string;
  /** As on the wire; null when the event has no result. */
  readonly result: unknown;
  readonly context: unknown;
  readonly error: string | null;
  readonly parentId: string | null;
  readonly duration: number | null;
  /** The command that it is about. */
  readonly command: string | undefined;
  /** The number of the step that it belongs to; -1: to the execution. */
  readonly part: number;
}

/** An event before it has an id. What is not given is empty. */
export type NewEvent = Partial<Omit<ExecutionEvent, 'id'>> & Pick<ExecutionEvent, 'at' | 'type' | 'node' | 'status'>;

/** What the Python engine knows from a moment on. */
export interface EngineState {
  readonly at: number;
  readonly part: number;
  readonly currentStep: string | null;
  /** The step has outgoing arcs: its end is not the end of the execution. */
  readonly goesOn: boolean;
  readonly completedSteps: readonly string[];
  readonly variables: Members;
  readonly over: boolean;
  readonly failed: boolean;
}

/** What the engine knows of an execution before its first step. */
export const firstState = ({ workload }: Pick<Execution, 'workload'>): Omit<EngineState, 'at' | 'part'> => ({
  currentStep: null,
  goesOn: true,
  completedSteps: [],
  variables: workload,
  over: false,
  failed: false,
});

/** An execution: what has happened and, in its script's time, will. */
export interface Execution {
  readonly id: string;
  readonly path: string;
  readonly version: number;
  readonly catalogId: string;
  readonly parentId: string | undefined;
  readonly workload: Members;
  readonly startedAt: number;
  /** Oldest first. */
  events: ExecutionEvent[];
  states: EngineState[];
  /** The values behind the references of its events. */
  readonly references: Map<string, unknown>;
}

/** What can be read of an execution at a moment. */
export interface ExecutionView {
  readonly run: Execution;
  readonly now: number;
  /** Oldest first. */
  readonly events: readonly ExecutionEvent[];
}

/** The id that a moment gives: 64 bits, more than a JavaScript number can hold, as NoETL's are. */
const firstIdOf = (at: number): bigint => 767_000_000_000_000_000n + (BigInt(Math.floor(at)) % 10n ** 11n) * 4_096n;

/** Makes ids that grow, for executions and catalog entries. */
export function createIds(clock: Clock): () => string {
  let last = 0n;
  return () => {
    const now = firstIdOf(clock());
    last = now > last ? now + 3n : last + 3n;
    return last.toString();
  };
}

/** The id of the next event, which grows with the time of the event and with each event of the execution. */
export const nextEventId = ({ events }: Execution, at: number): string =>
  (firstIdOf(at) + (BigInt(events.length + 1) % 4_096n)).toString();

/** @param id of the event. Default: a new one. @returns it */
export function addEvent(run: Execution, event: NewEvent, id = nextEventId(run, event.at)): string {
  const empty = { result: null, context: null, error: null, parentId: null, duration: null, command: undefined };
  run.events.push({ createdAt: event.at, ...empty, part: -1, ...event, id });
  return id;
}

/** Commands that were issued and have no end yet. */
export function openCommands(events: readonly ExecutionEvent[]): number {
  const commands = (...types: string[]) =>
    new Set(events.filter(({ type }) => types.includes(type)).map(({ command }) => command));
  return commands('command.issued').difference(commands('command.completed', 'command.failed')).size;
}

/** How an execution is started; a parent only for one that another execution started. */
export interface ExecutionStart extends Pick<Execution, 'path' | 'version' | 'catalogId' | 'parentId' | 'workload'> {
  readonly script: PlaybookScript;
}

export interface ExecutionsOptions {
  readonly clock: Clock;
  readonly nextId: () => string;
  /**
   * Writes every event of an execution at its start, each with the time from which on it can be read: so a test moves
   * the clock and waits for nothing.
   */
  readonly write: (run: Execution, script: PlaybookScript) => void;
  /** The event of a cancellation. */
  readonly cancelled: { readonly type: string; readonly node: string };
  /** The next command of a cancelled execution is still issued, and no worker takes it: so the Python engine does it. */
  readonly issuesAfterCancel: boolean;
}

/** The executions of a stand-in, in memory. */
export interface Executions {
  start(start: ExecutionStart): Execution;
  /** Writes the script of an execution again, from its start on. A cancelled one stays cancelled. */
  rewrite(run: Execution, script: PlaybookScript): void;
  /** @returns undefined: unknown */
  view(id: string): ExecutionView | undefined;
  /** Newest first, from one place to another. */
  list(from?: number, to?: number): readonly ExecutionView[];
  count(): number;
  /** Cancels an execution and, when asked, its children. A running step is not interrupted. @returns the ids */
  cancel(id: string, cascade: boolean): readonly string[];
  /** The value behind a reference of an event. @returns undefined: an unknown reference */
  resolve(reference: string): { readonly value: unknown } | undefined;
}

/** Older executions are dropped. */
const remembered = 10_000;

export function createExecutions(options: ExecutionsOptions): Executions {
  const { clock, write } = options;
  const runs = new Map<string, Execution>();
  const viewOf = (run: Execution): ExecutionView => {
    const now = clock();
    return { run, now, events: run.events.filter(({ at }) => at <= now) };
  };
  const rewrite = (run: Execution, script: PlaybookScript) => {
    run.events = [];
    run.states = [];
    write(run, script);
    // Not all events are written in the order of their times.
    run.events.sort((a, b) => a.at - b.at);
  };
  const withChildren = (run: Execution): Execution[] => [
    run,
    ...[...runs.values()].filter(({ parentId }) => parentId === run.id).flatMap(withChildren),
  ];
  return {
    start({ script, ...start }) {
      const id = options.nextId();
      const run = { ...start, id, startedAt: clock(), events: [], states: [], references: new Map() };
      rewrite(run, script);
      runs.set(id, run);
      if (runs.size > remembered) runs.delete(runs.keys().next().value ?? '');
      return run;
    },
    rewrite(run, script) {
      if (!run.events.some(({ type }) => type === options.cancelled.type)) rewrite(run, script);
    },
    view(id) {
      const run = runs.get(id);
      return run && viewOf(run);
    },
    list: (from = 0, to = runs.size) => [...runs.values()].reverse().slice(from, to).map(viewOf),
    count: () => runs.size,
    cancel(id, cascade) {
      const run = runs.get(id);
      if (run === undefined) return [];
      const all = cascade ? withChildren(run) : [run];
      for (const each of all) markCancelled(each, clock(), options);
      return all.map((each) => each.id);
    },
    resolve(reference) {
      const references = runs.get(/^noetl:\/\/execution\/(\d+)\//.exec(reference)?.[1] ?? '')?.references;
      return references?.has(reference) === true ? { value: references.get(reference) } : undefined;
    },
  };
}

function markCancelled(run: Execution, now: number, { cancelled, issuesAfterCancel }: ExecutionsOptions): void {
  const seen = run.events.filter(({ at }) => at <= now);
  const running = Math.max(-1, ...seen.map(({ part }) => part));
  const later = run.events.filter(({ at, part, type }) => {
    if (at <= now) return false;
    return part === running || (issuesAfterCancel && part === running + 1 && type === 'command.issued');
  });
  const id = nextEventId(run, now);
  run.events = seen;
  addEvent(run, { ...cancelled, at: now, status: 'CANCELLED' }, id);
  run.events.push(...later);
  run.states = run.states.filter(({ at, part }) => at <= now || part === running);
}
