import { parsePlaybookPath } from '../../../core/access/playbook-path.ts';
import type { CallContext } from '../../../core/call-context.ts';
import type { OpenDecision } from '../root-call.ts';

/**
 * Whether a caller may see the executions of a playbook: `view`, or `execute`, which implies it.
 * @throws when it cannot find out
 */
export async function maySeeExecutions(context: CallContext, path: string | undefined): Promise<boolean> {
  if (path === undefined || parsePlaybookPath(path) === undefined) return false;
  return (await context.may('view', path)) || (await context.may('execute', path));
}

/** Whether a decision that waits for the execution's path allows it. @throws when it cannot find out */
export async function allowsExecution(
  decision: OpenDecision,
  context: CallContext,
  path: string | undefined,
): Promise<boolean> {
  if (decision.outcome === 'allowed') return true;
  if (decision.permission === 'view') return maySeeExecutions(context, path);
  return path !== undefined && parsePlaybookPath(path) !== undefined && (await context.may(decision.permission, path));
}
