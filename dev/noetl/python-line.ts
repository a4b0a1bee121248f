import { type Batches, createBatches } from './python-batches.ts';
import { idNumber, type Run } from './run.ts';
import type { Script, ScriptStep } from './script.ts';

export type Members = Readonly<Record<string, unknown>>;

/** The worker of every execution. */
export const worker = 'worker-68d9489e';

/** An execution that is being written, and what the engine and the worker remember of it. */
export interface PythonLine {
  readonly run: Run;
  readonly script: Script;
  readonly batches: Batches;
  /** What the engine's state holds: the workload, and the results that it does not take for an envelope. */
  variables: Members;
  /** The results of all earlier steps. */
  results: Members;
  /** The step before, when it left a result. */
  before: string | undefined;
  /** The event that the next command is a consequence of. */
  cause: string | null;
  command: string;
  /** The command was handed to a second worker, whose events carry its id as text. */
  redelivered: boolean;
  playbookEvent: string | null;
  workflowEvent: string | null;
  /** The content of a terminal event. */
  final: { readonly result: Members; readonly error: string | null; readonly step: string };
  /** The terminal event that will be written. */
  ending: 'none' | 'completed' | 'failed';
}

/** @param lagMs added to the script's own wait for the engine, milliseconds */
export function createPythonLine(run: Run, script: Script, lagMs: number): PythonLine {
  return {
    run,
    script,
    batches: createBatches(run, (script.gapMs ?? 5) + lagMs),
    variables: run.workload,
    results: {},
    before: undefined,
    cause: null,
    command: '',
    redelivered: false,
    playbookEvent: null,
    workflowEvent: null,
    final: { result: { status: 'COMPLETED' }, error: null, step: '' },
    ending: 'none',
  };
}

/** A step in list form has a node of its own name; a policy puts a step into list form. */
export const isList = ({ list, handled }: ScriptStep): boolean => list !== undefined || handled === true;

/** The name that events of the step have as their node. */
export const nodeOf = (step: ScriptStep): string => (isList(step) ? `${step.name}:task_sequence` : step.name);

/** The id of the current command, as the events of its worker carry it. */
export const commandId = (line: PythonLine) => (line.redelivered ? line.command : idNumber(line.command));
