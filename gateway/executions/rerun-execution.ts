import { GatewayError } from '../../plugins/errors.ts';
import { withoutControlNames } from '../../plugins/noetl/control-names.ts';
import { isJsonObject, type JsonObject } from '../../plugins/noetl/json-object.ts';
import { holdsTemplateMark } from '../../plugins/noetl/template-mark.ts';
import { usualStartMembers } from '../../plugins/operation-kind.ts';
import type { AnyUpstreamRow } from '../config/gateway-config.ts';
import { type CallPlan, callFor } from '../operations/call-plan/call-plan.ts';
import { askingOf, bound, type RootAnswer } from '../operations/root-call.ts';
import { type ExecutePlaybookOptions, startAndWait } from './execute-playbook.ts';
import type { ExecutionGate } from './execution-gate.ts';
import { executionIdOf } from './executions.ts';

/**
 * `rerunExecution`: starts the playbook of an execution again, in its newest version, with the workload that the execution
 * had. Members of `variables` replace those of the same name.
 */
export function answerRerunExecution(
  plan: CallPlan,
  row: AnyUpstreamRow,
  options: ExecutePlaybookOptions & { readonly gate: ExecutionGate },
): RootAnswer {
  const members = plan.start ?? usualStartMembers;
  const { executions, gate } = options;
  return async (call) => {
    const { args } = call.decision;
    const variables = args['variables'] ?? {};
    if (!isJsonObject(variables)) {
      throw new GatewayError('ERR_REQUEST_INVALID', 'the variables of a playbook are an object');
    }
    const id = executionIdOf(args['id']);
    const asking = askingOf(row, call.context);
    // The gate judges the rule on the path of this execution, before anything is started.
    const before = await executions.fresh(call, id, asking, gate);
    const path = before.detail.path;
    if (path === undefined) throw new GatewayError('ERR_UPSTREAM', 'NoETL did not name the playbook of the execution');
    const made = callFor(plan, args);
    const workload = { ...reusable(await executions.workload(before, asking)), ...variables };
    const body = {
      ...(isJsonObject(made.body) ? made.body : {}),
      [members.playbook]: path,
      [members.workload]: workload,
    };
    made.body = body;
    return startAndWait(call, row, bound(made, row, call.context), { path, members }, options);
  };
}

/**
 * What of a workload is sent again. The control names of the earlier request are over. Values that NoETL would evaluate come from the playbook's own defaults, which apply by
 * themselves; no value of a caller holds any.
 */
function reusable(workload: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(withoutControlNames(workload)).filter(
      ([name, value]) => !holdsTemplateMark(name) && !holdsTemplateMark(value),
    ),
  );
}
