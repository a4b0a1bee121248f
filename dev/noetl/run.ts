import type { Script, ScriptStep } from './playbooks.ts';

export interface RunEvent {
  readonly id: string;
  readonly at: number;
  readonly type: string;
  readonly node: string;
  readonly status: string;
  /** `{status, context}` as the server writes it; null when the event has none. */
  readonly result: { readonly status: string; readonly context: unknown } | null;
  readonly context: unknown;
  readonly error: string | null;
  /** A failure that the playbook's own policy takes care of; never on the wire. */
  readonly handled?: boolean;
}

/** An execution: what has happened and, in its script's time, will. */
export interface Run {
  readonly id: string;
  readonly path: string;
  readonly version: number;
  readonly catalogId: string;
  readonly parentId: string | undefined;
  readonly workload: Readonly<Record<string, unknown>>;
  readonly startedAt: number;
  events: readonly RunEvent[];
  results: readonly { readonly step: string; readonly at: number; readonly value: unknown }[];
}

type NewEvent = Partial<RunEvent> & Pick<RunEvent, 'at' | 'type' | 'node' | 'status'>;

/** Writes events with growing ids and growing times. */
export function createEventWriter(nextId: () => string) {
  return (event: NewEvent): RunEvent => ({ result: null, context: null, error: null, ...event, id: nextId() });
}
export type EventWriter = ReturnType<typeof createEventWriter>;

/** The events with which every run begins. */
export function opening(path: string, workload: unknown, at: number, write: EventWriter): RunEvent[] {
  const context = { error: null, result: { workload, playbook_path: path }, status: 'initialized', final_step: null };
  return [
    write({ at, type: 'playbook.initialized', node: path, status: 'initialized', context }),
    write({ at: at + 1, type: 'workflow.initialized', node: 'workflow', status: 'initialized' }),
  ];
}

/** The events with which a run ends. */
export function closing(
  path: string,
  outcome: 'completed' | 'failed',
  last: unknown,
  at: number,
  write: EventWriter,
): RunEvent[] {
  const result = { status: 'COMPLETED', context: last };
  const context = { error: null, result, status: outcome, final_step: 'end' };
  const ended = (type: string, node: string) =>
    write({ at, type: `${type}.${outcome}`, node, status: outcome, context, result });
  return [ended('workflow', 'workflow'), ended('playbook', path), batch(at + 3, write)];
}

/** The events with which a step begins, `at` being when it is issued. */
export function stepBegins(name: string, at: number, write: EventWriter): RunEvent[] {
  const running = { status: 'RUNNING', context: {} };
  return [
    write({ at, type: 'command.issued', node: name, status: 'PENDING' }),
    write({ at: at + 6, type: 'command.claimed', node: name, status: 'RUNNING', result: running }),
    write({ at: at + 10, type: 'command.started', node: name, status: 'RUNNING', result: running }),
    write({ at: at + 10, type: 'step.enter', node: name, status: 'RUNNING', result: running }),
  ];
}

/** The events with which a step ends. A failed step's exit says COMPLETED all the same. */
export function stepEnds(step: ScriptStep, at: number, write: EventWriter): RunEvent[] {
  const error = step.error ?? null;
  const status = error === null ? 'COMPLETED' : 'FAILED';
  const context = error === null ? scalarsOf(step.result) : { error, status: 'error' };
  const ended = {
    at,
    node: step.name,
    error,
    result: { status, context },
    handled: step.handled === true,
  };
  return [
    write({ ...ended, type: error === null ? 'call.done' : 'call.error', status }),
    write({ ...ended, type: 'step.exit', status: 'COMPLETED' }),
    write({ ...ended, type: error === null ? 'command.completed' : 'command.failed', status }),
    batch(at + 2, write),
  ];
}

/** Lays a script out in time. */
export function layOut(
  path: string,
  script: Script,
  start: number,
  write: EventWriter,
): Pick<Run, 'events' | 'results'> {
  const events: RunEvent[] = [];
  const results: Run['results'][number][] = [];
  let at = start + 8;
  let failed = false;
  let last: unknown = null;
  for (const step of script.steps) {
    events.push(...stepBegins(step.name, at, write));
    at += 10 + step.ms;
    events.push(...stepEnds(step, at, write));
    if (step.error === undefined) {
      last = step.result;
      results.push({ step: step.name, at, value: step.result });
    }
    at += script.gapMs ?? 12;
    failed ||= step.error !== undefined && step.handled !== true;
    if (failed && step.continues !== true && step.error !== undefined) break;
  }
  const over = script.noTerminalEvent ? [] : closing(path, failed ? 'failed' : 'completed', flat(last), at, write);
  return { events: [...events, ...over], results };
}

function batch(at: number, write: EventWriter): RunEvent {
  return write({
    at,
    type: 'batch.completed',
    node: 'events.batch',
    status: 'COMPLETED',
    result: { status: 'COMPLETED', context: {} },
  });
}

/** Of a step's result its event keeps scalars only. */
function scalarsOf(result: unknown): unknown {
  if (typeof result !== 'object' || result === null) return result ?? {};
  return Object.fromEntries(Object.entries(result).filter(([, value]) => typeof value !== 'object' || value === null));
}

/** The terminal event keeps scalars and one level of objects. */
function flat(result: unknown): unknown {
  if (typeof result !== 'object' || result === null) return result;
  const kept = Object.entries(result).filter(([, value]) => !Array.isArray(value));
  return Object.fromEntries(kept.map(([name, value]) => [name, scalarsOf(value)]));
}
