import { parsePlaybookPath } from '../../core/access/playbook-path.ts';
import { reportDecision } from '../../core/access/report-decision.ts';
import type { Observe } from '../../core/observe.ts';
import type { RootCall } from '../root-call.ts';

/**
 * Whether a root field may show the execution whose playbook is on that path. A decision that waits for the path is
 * taken here, and told; without a path in normal form it denies. @throws when it cannot find out
 */
export type ExecutionGate = (call: RootCall, path: string | undefined) => Promise<boolean>;

/** @param reserved paths whose executions are nobody's, whatever rule a field has: session tokens stand in them */
export function createExecutionGate(observe: Observe, reserved: ReadonlySet<string>): ExecutionGate {
  return async (call, path) => {
    const { decision, context } = call;
    if (path !== undefined && reserved.has(path)) {
      tell(observe, call, path, 'denied');
      return false;
    }
    if (decision.outcome === 'allowed') return true;
    if (path === undefined || parsePlaybookPath(path) === undefined) return false;
    try {
      const allowed = await context.mayOnExecution(decision.permission, path);
      tell(observe, call, path, allowed ? 'allowed' : 'denied');
      return allowed;
    } catch (error) {
      tell(observe, call, path, 'backend_error');
      throw error;
    }
  };
}

function tell(
  observe: Observe,
  { decision, context, root }: RootCall,
  path: string,
  outcome: 'allowed' | 'denied' | 'backend_error',
): void {
  reportDecision(observe, {
    outcome,
    field: decision.field,
    root,
    user: context.caller.session.user,
    permission: decision.outcome === 'onAnswer' ? decision.permission : undefined,
    path,
    grant: undefined,
    requestId: context.requestId,
  });
}
