import type { Decision } from '../../plugins/noetl-auth/access/decision.ts';
import { parsePlaybookPath } from '../../plugins/noetl-auth/access/playbook-path.ts';
import { type DecisionReport, reportDecision } from '../../plugins/noetl-auth/access/report-decision.ts';
import type { Observe } from '../../plugins/observe.ts';
import type { RootCall } from '../operations/root-call.ts';

/**
 * Whether a root field may show the execution whose playbook is on that path. A decision that waits for the path is
 * taken here, and reported; without a path in normal form it denies. @throws when it cannot find out
 */
export type ExecutionGate = (call: RootCall, path: string | undefined) => Promise<boolean>;

/**
 * One gate for every field that shows executions, GraphQL and `/noetl` alike.
 * @param observe receives each decision that is made here, for the audit log
 * @param reserved paths whose executions no role sees, whatever rule a field has: they contain session tokens
 */
export function createExecutionGate(observe: Observe, reserved: ReadonlySet<string>): ExecutionGate {
  return async (call, path) => {
    const { decision, context } = call;
    if (path !== undefined && reserved.has(path)) {
      report(observe, call, path, { outcome: 'denied', reason: 'reserved' });
      return false;
    }
    // A rule that has decided before the call, for example on a role, has been reported then.
    if (decision.outcome === 'allowed') return true;
    if (path === undefined || parsePlaybookPath(path) === undefined) return false;
    try {
      const asked = context.judgeOnExecution(decision.permission, path);
      const verdict = asked instanceof Promise ? await asked : asked;
      report(observe, call, path, foundOut(verdict));
      return verdict.allowed;
    } catch (error) {
      // A check that cannot decide is an error, and never a refusal that a caller could take for a missing execution.
      report(observe, call, path, { outcome: 'backend_error' });
      throw error;
    }
  };
}

type Found = Pick<DecisionReport, 'outcome' | 'reason'> & { readonly grant?: DecisionReport['grant'] };

const foundOut = (verdict: Decision): Found =>
  verdict.allowed
    ? { outcome: 'allowed', grant: verdict.grant }
    : { outcome: 'denied', grant: verdict.grant, reason: verdict.why };

function report(
  observe: Observe,
  { decision, context, root }: RootCall,
  path: string,
  { outcome, grant, reason }: Found,
): void {
  reportDecision(observe, {
    outcome,
    field: decision.field,
    root,
    user: context.caller.session.user,
    permission: decision.outcome === 'onAnswer' ? decision.permission : undefined,
    path,
    grant,
    reason,
    requestId: context.requestId,
  });
}
