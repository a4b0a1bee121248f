import type { CallPlan } from '../../core/call-plan/call-plan.ts';
import type { AnyUpstreamRow } from '../../core/config/operation-row.ts';
import { GatewayError } from '../../core/errors.ts';
import { parseExecutionId } from '../../core/execution/execution-id.ts';
import { textOutputOf } from '../../core/execution/execution-result.ts';
import { failedText } from '../../core/noetl/wire-dialect.ts';
import { askingOf, type RootAnswer } from '../root-call.ts';
import type { ExecutionGate } from './execution-access.ts';
import type { Look } from './execution-reads.ts';
import type { EndFinding, Executions } from './executions.ts';
import { lastSegment } from './last-segment.ts';
import { lookAllowed } from './look-allowed.ts';

/**
 * `execution(id)`: the state of a run, `RUNNING` until it is surely over; its result is read only when asked for.
 * A failed or cancelled run has no result, and `error` is a sentence of ours: the upstream's text may hold internals.
 */
export function answerExecution(
  plan: CallPlan,
  row: AnyUpstreamRow,
  executions: Executions,
  gate: ExecutionGate,
): RootAnswer {
  const [argument = 'id'] = plan.executionIds;
  return async (call) => {
    const { decision, context } = call;
    const id = executionIdOf(decision.args[argument]);
    const asking = askingOf(row, context);
    const look = await lookAllowed(call, id, asking, { executions, gate });
    const finding = await executions.endOf(look, asking);
    return view(
      look,
      finding,
      once(() => executions.resultOf(look, finding, asking)),
    );
  };
}

function view({ detail }: Look, { end }: EndFinding, result: () => Promise<unknown>): unknown {
  const { id, path } = detail;
  return {
    id,
    executionId: id,
    path: path ?? null,
    name: path === undefined ? null : lastSegment(path),
    version: detail.version ?? null,
    status: end ?? 'RUNNING',
    result,
    textOutput: async () => textOutputOf(await result()),
    error: end === 'FAILED' ? failedText : null,
    startedAt: () => isoText(detail.startedAt),
    finishedAt: () => (end === undefined ? null : isoText(detail.endedAt)),
  };
}

const isoText = (time: Date | undefined): string | null => time?.toISOString() ?? null;

/** @throws ERR_REQUEST_INVALID, without a call */
export function executionIdOf(value: unknown): string {
  const id = parseExecutionId(value);
  if (id === undefined) throw new GatewayError('ERR_REQUEST_INVALID', 'this is not the id of an execution');
  return id;
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
