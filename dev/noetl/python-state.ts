import type { StandInEvent } from './run.ts';
import { openCommands, type RunView } from './run-view.ts';

export type PythonStatus = 'RUNNING' | 'COMPLETED' | 'FAILED' | 'CANCELLED';

/** Events that end an execution in the eyes of this server: the failure of a single command is one of them. */
const ends: Readonly<Record<string, PythonStatus>> = {
  'execution.cancelled': 'CANCELLED',
  'playbook.failed': 'FAILED',
  'workflow.failed': 'FAILED',
  'command.failed': 'FAILED',
  'playbook.completed': 'COMPLETED',
  'workflow.completed': 'COMPLETED',
};
const stepEnds = new Set(['command.completed', 'call.done', 'step.exit']);

/** The state of an execution by one route of the Python server; the routes differ. */
export interface PythonState {
  readonly status: PythonStatus;
  /** Milliseconds; undefined while it runs. */
  readonly endedAt: number | undefined;
  readonly error: string | null;
}

/** The newest event that this server takes for an end. */
export const terminalOf = (events: readonly StandInEvent[]): StandInEvent | undefined =>
  events.findLast(({ type }) => Object.hasOwn(ends, type));

/** The state in the detail: the newest terminal event, or else that no command is open after the newest event. */
export function detailState({ events }: RunView): PythonState {
  const terminal = terminalOf(events);
  const latest = events.at(-1);
  if (terminal !== undefined) {
    const error = terminal.error ?? latest?.error ?? null;
    return { status: ends[terminal.type] ?? 'RUNNING', endedAt: terminal.createdAt, error };
  }
  const error = latest?.error ?? null;
  if (latest === undefined || latest.status !== 'COMPLETED') return { status: 'RUNNING', endedAt: undefined, error };
  // The server takes a step of the name `end` for the last one.
  const atEnd = latest.node === 'end' && stepEnds.has(latest.type);
  const idle = latest.type === 'batch.completed' && openCommands(events) === 0;
  if (!atEnd && !idle) return { status: 'RUNNING', endedAt: undefined, error };
  return { status: 'COMPLETED', endedAt: latest.createdAt, error };
}

/** The state in the list: only terminal events count. */
export function listState({ events }: RunView): PythonState {
  const terminal = terminalOf(events);
  if (terminal === undefined) return { status: 'RUNNING', endedAt: undefined, error: null };
  return { status: ends[terminal.type] ?? 'RUNNING', endedAt: terminal.createdAt, error: null };
}

/** The three flags of `/status`. */
export interface StatusFlags {
  readonly completed: boolean;
  readonly failed: boolean;
  readonly inferred: boolean;
}

/** The state in `/status`: the engine's state first, then the events. */
export function statusFlags(view: RunView): StatusFlags {
  const { engine, events } = view;
  if (engine.over && !isCancelled(events)) {
    return { completed: !engine.failed, failed: engine.failed, inferred: false };
  }
  const { currentStep, completedSteps, goesOn } = engine;
  const arrived = currentStep !== null && !goesOn && completedSteps.includes(currentStep);
  const terminal = terminalOf(events);
  if (terminal?.type === 'command.failed') return { completed: false, failed: true, inferred: false };
  if (arrived && terminal === undefined) return { completed: true, failed: false, inferred: true };
  if (terminal !== undefined) {
    const failed = ends[terminal.type] === 'FAILED';
    return { completed: !failed, failed, inferred: false };
  }
  const latest = events.at(-1);
  const ended = latest?.status === 'COMPLETED' && (stepEnds.has(latest.type) || latest.type === 'batch.completed');
  const inferred = ended && openCommands(events) === 0;
  return { completed: inferred, failed: false, inferred };
}

const isCancelled = (events: readonly StandInEvent[]): boolean =>
  events.some(({ type }) => type === 'execution.cancelled');
