import { GatewayError } from '../../plugins/errors.ts';
import { idText } from '../../plugins/json/lossless-json.ts';
import type { End } from '../../plugins/noetl/execution-state.ts';
import { objectAnswer } from '../../plugins/noetl/upstream-answer.ts';
import type { Upstream } from '../../plugins/ports.ts';
import type { AnyUpstreamRow } from '../config/gateway-config.ts';
import { type CallPlan, callFor } from '../operations/call-plan/call-plan.ts';
import { askingOf, bound, type RootAnswer } from '../operations/root-call.ts';
import type { ExecutionGate } from './execution-gate.ts';
import { missingExecution } from './execution-reads.ts';
import { type Executions, executionIdOf, noSuchExecution } from './executions.ts';

/**
 * `cancelExecution`: looks first, since NoETL would turn a finished run into a cancelled one. A finished run is
 * reported with its real state and left alone; an end that is only inferred is watched until it is certain. The answer
 * has the form of NoETL's `POST /api/executions/{id}/cancel`, in both cases.
 * @returns an answer that throws ERR_NOT_FOUND alike for what is hidden and what is missing, and ERR_UPSTREAM when
 * NoETL does not cancel
 */
export function answerCancelExecution(
  plan: CallPlan,
  row: AnyUpstreamRow,
  upstream: Upstream,
  executions: Executions,
  gate: ExecutionGate,
): RootAnswer {
  const [argument = 'id'] = plan.executionIds;

  return async (call) => {
    const { decision, context } = call;
    const id = executionIdOf(decision.args[argument]);
    const asking = askingOf(row, context);
    const snapshot = await executions.fresh(call, id, asking, gate);
    const before = await executions.certainEnd(snapshot, asking);
    if (before !== undefined) return finished(id, before);
    const reply = await upstream.request(bound(callFor(plan, decision.args), row, context));
    // Before the answer is judged: after a call, successful or not, earlier looks do not count any more.
    executions.changed(id);
    // One server refuses what has ended in the meantime.
    const after = reply.status === 422 ? await executions.look(id, asking) : undefined;
    const meanwhile = after === undefined ? undefined : await executions.certainEnd(after, asking);
    return meanwhile === undefined ? cancelled(id, objectAnswer(reply, missingExecution)) : finished(id, meanwhile);
  };
}

function finished(id: string, end: End | undefined): unknown {
  return {
    status: 'already_completed',
    execution_id: id,
    cancelled_executions: [],
    message: `The execution is already ${end ?? 'over'}.`,
  };
}

function cancelled(id: string, body: Readonly<Record<string, unknown>>): unknown {
  if (body['status'] === 'not_found') throw noSuchExecution();
  if (body['status'] === 'already_completed')
    return { ...(finished(id, 'COMPLETED') as object), message: 'The execution is already over.' };
  // A new word of NoETL must not be taken for a cancelled run.
  if (body['status'] !== 'cancelled') throw new GatewayError('ERR_UPSTREAM', 'NoETL did not cancel the execution');
  const listed = Array.isArray(body['cancelled_executions']) ? body['cancelled_executions'] : [id];
  const ids = listed.map(idText).filter((each) => each !== undefined);
  return {
    status: 'cancelled',
    execution_id: id,
    cancelled_executions: ids,
    message: `Cancelled ${ids.length} execution(s).`,
  };
}
