import { type CallPlan, callFor } from '../../core/call-plan/call-plan.ts';
import type { AnyUpstreamRow } from '../../core/config/operation-row.ts';
import { GatewayError } from '../../core/errors.ts';
import { idText } from '../../core/json/lossless-json.ts';
import { isJsonObject } from '../../core/noetl/json-object.ts';
import { objectAnswer } from '../../core/noetl/upstream-answer.ts';
import { usualStartMembers } from '../../core/operation-kind.ts';
import type { Upstream } from '../../core/ports.ts';
import { boundsOf, type RootAnswer } from '../root-call.ts';
import { lastSegment } from './executions.ts';

/**
 * `executePlaybook`: starts a run, once; what starts work is never sent a second time.
 * An unknown playbook's message holds the words `playbook not found`, which clients look for.
 */
export function answerExecutePlaybook(
  plan: CallPlan,
  row: AnyUpstreamRow,
  upstream: Upstream,
  reserved: ReadonlySet<string>,
): RootAnswer {
  const members = plan.start ?? usualStartMembers;
  return async ({ decision, context }) => {
    const call = callFor(plan, decision.args);
    const body = isJsonObject(call.body) ? call.body : {};
    const path = body[members.playbook];
    const workload = body[members.workload] ?? {};
    if (typeof path !== 'string' || !isJsonObject(workload)) {
      throw new GatewayError('ERR_REQUEST_INVALID', 'the variables of a playbook are an object');
    }
    if (reserved.has(path)) throw new GatewayError('ERR_ACCESS_DENIED', 'you may not do this');
    const reply = await upstream.request({
      ...call,
      ...boundsOf(row, context),
      body: { ...body, [members.workload]: workload },
      idempotent: false,
    });
    const id = idText(objectAnswer(reply, 'playbook not found')[members.execution]);
    if (id === undefined) throw new GatewayError('ERR_UPSTREAM', 'NoETL did not name the execution that it started');
    const clientId = decision.args['clientId'];
    return {
      id,
      executionId: id,
      name: lastSegment(path),
      path,
      status: 'running',
      textOutput: null,
      requestId: null,
      clientId: typeof clientId === 'string' ? clientId : null,
    };
  };
}
