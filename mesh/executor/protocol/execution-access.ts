import { parsePlaybookPath } from '../../../core/access/playbook-path.ts';
import type { Observe } from '../../../core/observe.ts';
import type { RootCall } from '../root-call.ts';

/**
 * Whether a root field may show the execution whose playbook is on that path. A decision that waits for the path is
 * taken here, and told; without a path in normal form it denies. @throws when it cannot find out
 */
export type ExecutionGate = (call: RootCall, path: string | undefined) => Promise<boolean>;

/** @param reserved paths whose executions are nobody's, whatever rule a field has: session tokens stand in them */
export function createExecutionGate(observe: Observe, reserved: ReadonlySet<string>): ExecutionGate {
  return async ({ decision, context, root }, path) => {
    if (path !== undefined && reserved.has(path)) return false;
    if (decision.outcome === 'allowed') return true;
    if (path === undefined || parsePlaybookPath(path) === undefined) return false;
    const { permission } = decision;
    const tell = (outcome: 'allowed' | 'denied' | 'backend_error') =>
      observe({
        type: 'decision',
        outcome,
        field: decision.field,
        root,
        userId: context.caller.session.user.userId,
        permission,
        path,
        requestId: context.requestId,
      });
    try {
      const allowed = await context.mayOnExecution(permission, path);
      tell(allowed ? 'allowed' : 'denied');
      return allowed;
    } catch (error) {
      tell('backend_error');
      throw error;
    }
  };
}
