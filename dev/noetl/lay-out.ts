import type { LayOutTools, Run } from './run.ts';
import type { Script, ScriptStep } from './script.ts';

/** One command of a step: the step itself, or one iteration of its loop. */
export interface StepRun {
  readonly step: ScriptStep;
  /** The place of the step in the script. */
  readonly part: number;
  /** No step follows. */
  readonly last: boolean;
  readonly iteration?: { readonly index: number; readonly total: number; readonly item: unknown };
}

/** How a command ended. */
export type StepOutcome = { readonly produced: unknown } | { readonly error: string };

/** Writes the events of one execution in the words of one server. Times are milliseconds. */
export interface RunWriter {
  /** @returns when the first command is issued */
  open(): number;
  /** Writes how a command begins that is issued at `at`. @returns when its work begins */
  begin(stepRun: StepRun, at: number): number;
  /** Writes how its work ends at `at`. @returns when the next command is issued; undefined: never */
  end(stepRun: StepRun, outcome: StepOutcome, at: number): number | undefined;
  /** Writes the end of the execution, when this server writes one. */
  close(at: number): void;
}

/**
 * Lays a whole script out in time: every event of the execution is written at its start, each with the moment from
 * which on it can be read. Time is then a matter of reading, so that a test's clock decides.
 */
export function layOut(writer: RunWriter, script: Script, tools: LayOutTools, run: Run): void {
  layOutFrom(writer, script, 0, writer.open(), tools, run);
}

/** Lays out the steps of a script from one of them on. */
export function layOutFrom(
  writer: RunWriter,
  script: Script,
  from: number,
  start: number,
  tools: LayOutTools,
  run: Run,
): void {
  let at: number | undefined = start;
  for (const [part, step] of script.steps.entries()) {
    if (part < from) continue;
    const last = part === script.steps.length - 1;
    at = playStep(writer, { step, part, last }, at, tools);
    if (at === undefined) break;
    // An error ends the execution, unless a policy handles it or an arc goes on.
    const stops = step.error !== undefined && step.continues !== true && step.handled !== true;
    if (stops) break;
  }
  if (at !== undefined) writer.close(at);
  // Not all events are written in the order of their times.
  run.events = [...run.events].sort((a, b) => a.at - b.at);
  run.marks = [...run.marks].sort((a, b) => a.at - b.at);
}

function playStep(writer: RunWriter, stepRun: StepRun, start: number, tools: LayOutTools): number | undefined {
  const { loop } = stepRun.step;
  if (loop === undefined) return playCommand(writer, stepRun, start, tools);
  let at: number | undefined = start;
  for (const [index, item] of loop.items.entries()) {
    const iteration = { index, total: loop.items.length, item };
    at = playCommand(writer, { ...stepRun, iteration }, at, tools);
    if (at === undefined) return undefined;
  }
  return at;
}

function playCommand(writer: RunWriter, stepRun: StepRun, at: number, tools: LayOutTools): number | undefined {
  const { step, iteration } = stepRun;
  const begun = writer.begin(stepRun, at);
  if (step.child !== undefined) return playChild(writer, stepRun, begun, tools);
  const done = begun + (step.workerDiesMs ?? 0) + step.ms;
  if (step.error !== undefined) return writer.end(stepRun, { error: step.error }, done);
  const produced = iteration === undefined ? step.result : step.loop?.each(iteration.item);
  return writer.end(stepRun, { produced }, done);
}

/** A child that is not waited for runs beside its parent. */
function playChild(writer: RunWriter, stepRun: StepRun, begun: number, tools: LayOutTools): number | undefined {
  const { child } = stepRun.step;
  if (child === undefined) return undefined;
  const started = tools.startChild(child.path, child.workload, begun + 10);
  if ('refused' in started) return writer.end(stepRun, { error: started.refused }, begun + 40);
  const { run } = started;
  const after = child.returns === true ? tools.childOver(run) : begun + 60;
  return writer.end(stepRun, { produced: tools.childResult(run, child.returns === true, after) }, after);
}
