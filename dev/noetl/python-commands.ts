import { taskOf } from './python-results.ts';
import type { Run } from './run.ts';
import type { ScriptStep } from './script.ts';

type Members = Readonly<Record<string, unknown>>;

/**
 * Bytes above which a part of the command's context is stored elsewhere
 * (`NOETL_COMMAND_CONTEXT_FIELD_INLINE_MAX_BYTES`).
 */
const inlineLimit = 8_192;

/** The facts beside a command: all that the worker needs to render and run the step. */
export interface CommandFacts {
  readonly run: Run;
  readonly step: ScriptStep;
  readonly at: number;
  /** What the engine's state holds: the workload, and results that it does not take for an envelope. */
  readonly variables: Members;
  /** The results of all earlier steps. */
  readonly results: Members;
  /** The name of the step before; its result is in `ctx` whatever it is. */
  readonly before: string | undefined;
  readonly input: Members;
  /** The command is an iteration of a loop. */
  readonly inLoop: boolean;
}

/** `context` of `command.issued`. A large `render_context` is behind a reference. */
export function commandContext(facts: CommandFacts): Members {
  const rendered = renderContext(facts);
  const large = JSON.stringify(rendered).length > inlineLimit;
  return {
    spec: { next_mode: 'exclusive' },
    input: facts.input,
    tool_config: toolConfig(facts.step),
    render_context: large ? externalized(facts, rendered) : rendered,
  };
}

function renderContext({ run, step, at, variables, results, before, inLoop }: CommandFacts): Members {
  const ctx = { ...variables, ...(before === undefined ? {} : { [before]: results[before] }) };
  const timestamp = `${new Date(at).toISOString().slice(0, -1)}000`;
  return {
    ...variables,
    ...results,
    ctx,
    job: { id: run.id, uuid: run.id, execution_id: run.id },
    iter: {},
    ...(inLoop ? { loop: {} } : {}),
    event: { name: 'command_creation', step: step.name, payload: {}, timestamp },
    output: { ref: null, data: null, error: null, status: 'ok' },
    workload: ctx,
    catalog_id: run.catalogId,
    execution_id: run.id,
  };
}

function toolConfig(step: ScriptStep): Members {
  const { tool = 'python', code = 'result = run()\n', list, handled, child } = step;
  const source = tool === 'postgres' ? { auth: 'pg_local', command: code } : { code, input: {} };
  if (list !== undefined || handled === true) return { tasks: [{ ...source, kind: tool, name: taskOf(step) }] };
  if (tool === 'noop') return { spec: null, output: null };
  if (child === undefined) return { ...source, spec: null, output: null };
  const returns = child.returns === true ? { return_step: 'end' } : {};
  return { path: child.path, spec: null, input: child.workload, output: null, ...returns };
}

function externalized({ run, step }: CommandFacts, rendered: Members): Members {
  const ref = referenceName(run, `${step.name}_render_context`);
  run.references.set(ref, rendered);
  const correlation = { kind: 'command_context_field', step: step.name, field: 'render_context' };
  return { kind: 'result_ref', ref, store: 'kv', scope: 'execution', correlation };
}

/** A new name under which a run stores a value. */
export function referenceName(run: Run, name: string): string {
  const number = (0x6473_d5a3 + run.references.size * 0x1f3d).toString(16);
  return `noetl://execution/${run.id}/result/${name}/${number}`;
}

/** Stores the rows of a query. @returns the reference that events carry */
export function rowsReference(run: Run, rows: unknown): Members {
  const ref = referenceName(run, 'postgres_task/rows');
  run.references.set(ref, rows);
  return { ref, kind: 'temp_ref', store: 'kv' };
}

/** A loop's own members of `input`. */
export function loopInput(run: Run, index: number, total: number): Members {
  return { __loop_epoch_id: loopId(run), __loop_claimed_index: index, __loop_collection_size: total };
}

export const loopId = (run: Run): string => `loop_${run.id}_${run.startedAt}000`;
