import type { Run, StandInEvent } from './run.ts';

/** What the engine's state holds at a moment. */
export interface EngineState {
  /** The step that it worked through last. */
  readonly currentStep: string | null;
  /** That step has outgoing arcs. */
  readonly goesOn: boolean;
  /** In no order, as the set is that the server keeps. */
  readonly completedSteps: readonly string[];
  readonly variables: Readonly<Record<string, unknown>>;
  readonly over: boolean;
  readonly failed: boolean;
}

/** What can be read of a run at a moment. */
export interface RunView {
  readonly run: Run;
  readonly now: number;
  /** Oldest first. */
  readonly events: readonly StandInEvent[];
  readonly engine: EngineState;
}

/** @param now milliseconds; events of later times are left out */
export function viewRun(run: Run, now: number): RunView {
  return { run, now, events: run.events.filter(({ at }) => at <= now), engine: engineAt(run, now) };
}

function engineAt({ marks, workload }: Run, now: number): EngineState {
  const known = marks.filter(({ at }) => at <= now);
  const place = known.findLast(({ currentStep }) => currentStep !== undefined);
  const completed = known.flatMap((each) => (each.completed === undefined ? [] : [each.completed]));
  return {
    currentStep: place?.currentStep ?? null,
    goesOn: place?.goesOn ?? true,
    completedSteps: [...new Set(completed)].sort(),
    variables: known.findLast((each) => each.variables !== undefined)?.variables ?? workload,
    over: known.some((each) => each.over === true),
    failed: known.some((each) => each.failed === true),
  };
}

/** Commands that were issued and have no end yet. */
export function openCommands(events: readonly StandInEvent[]): number {
  const commands = (...types: string[]) =>
    new Set(events.filter(({ type }) => types.includes(type)).map(({ command }) => command));
  const ended = commands('command.completed', 'command.failed');
  return [...commands('command.issued')].filter((command) => !ended.has(command)).length;
}
