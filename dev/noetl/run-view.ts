import type { Run, RunEvent } from './run.ts';

/** What the server would say of a run at a moment, with its habit of announcing ends too early. */
export interface RunView {
  readonly run: Run;
  readonly now: number;
  /** Oldest first. */
  readonly events: readonly RunEvent[];
  readonly state: 'RUNNING' | 'COMPLETED' | 'FAILED' | 'CANCELLED';
  /** The list believes in terminal events only. */
  readonly listed: RunView['state'];
  readonly terminal: boolean;
  readonly failed: boolean;
  /** Believed to be over because no command is open. */
  readonly inferred: boolean;
  readonly endedAt: number | undefined;
  readonly currentStep: string | null;
  readonly completedSteps: readonly string[];
  readonly error: string | null;
}

const ends = new Set(['playbook.completed', 'playbook.failed', 'execution.cancelled']);

export function viewRun(run: Run, now: number): RunView {
  const events = run.events.filter((event) => event.at <= now);
  const has = (type: string) => events.some((event) => event.type === type);
  const count = (...types: string[]) => events.filter((event) => types.includes(event.type)).length;
  const terminal = events.some((event) => ends.has(event.type));
  const cancelled = has('execution.cancelled');
  const failures = events.filter((event) => event.type === 'command.failed' && event.handled !== true);
  const failed = !cancelled && (has('playbook.failed') || failures.length > 0);
  const issued = count('command.issued');
  const idle = issued > 0 && issued === count('command.completed', 'command.failed');
  const inferred = !terminal && !failed && idle;
  const state = stateOf({ cancelled, failed, over: terminal || inferred });
  const steps = events.filter((event) => event.type === 'step.exit').map((event) => event.node);
  return {
    run,
    now,
    events,
    state,
    listed: terminal ? state : 'RUNNING',
    terminal,
    failed,
    inferred,
    endedAt: state === 'RUNNING' ? undefined : endOf(events, cancelled),
    currentStep: steps.at(-1) ?? null,
    completedSteps: steps.toReversed(),
    error: failed && steps.length === 1 ? (failures[0]?.error ?? null) : null,
  };
}

function stateOf(facts: { cancelled: boolean; failed: boolean; over: boolean }): RunView['state'] {
  if (facts.cancelled) return 'CANCELLED';
  if (facts.failed) return 'FAILED';
  return facts.over ? 'COMPLETED' : 'RUNNING';
}

function endOf(events: readonly RunEvent[], cancelled: boolean): number | undefined {
  const end = cancelled ? events.find((event) => event.type === 'execution.cancelled') : events.at(-1);
  return end?.at;
}

/** Step results as `/status` has them: each repeated under its own `context`. */
export function variablesOf({ run, now }: RunView): Readonly<Record<string, unknown>> {
  const steps = run.results
    .filter((result) => result.at <= now)
    .map(({ step, value }) => [step, withCopy(value)] as const);
  return { ...run.workload, ...Object.fromEntries(steps) };
}

function withCopy(value: unknown): unknown {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value, context: value } : value;
}
