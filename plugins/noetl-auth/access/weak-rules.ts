import { isStart, type OperationKind } from '../../operation-kind.ts';
import type { AccessRule } from './access-rule.ts';

/** An open operation, as far as its rule must fit what it does. */
export interface RuledOperation {
  readonly kind: OperationKind;
  readonly access: AccessRule;
  /** Public names of the offered arguments that hold ids of executions. */
  readonly executionIds: readonly string[];
  /** What a subscription streams. */
  readonly watch?: 'execution' | 'executions' | undefined;
  readonly acceptRisk?: string | undefined;
}

const accept = 'or give the reason in acceptRisk';

/**
 * Why a rule does not look at the executions that its operation opens: every user whom it lets in then reads, watches, lists
 * or cancels those of all playbooks. A role names users, and neither grants nor denials are asked, so it is not enough
 * either. A custom rule sees the arguments and takes the decision over. What starts playbooks has a check of its own, which
 * needs the document.
 * @returns undefined when the rule looks at them, or the row accepts the risk
 */
export function weakExecutionRule(operation: RuledOperation): string | undefined {
  const { kind, access, watch } = operation;
  if (access.kind === 'closed' || access.kind === 'custom' || operation.acceptRisk?.trim()) return undefined;
  if (watch === 'execution') {
    return access.kind === 'execution'
      ? undefined
      : `it streams any execution, and the rule does not look at it; set onExecution('view', 'id'), ${accept}`;
  }
  // Rows of a list are judged one by one.
  if (isStart(kind) || (access.kind === 'authenticated' && access.rows !== undefined)) return undefined;
  if (kind === 'executions' && access.kind !== 'playbook') {
    return `it lists the executions of all playbooks; set authenticated({ rows: 'executions' }), ${accept}`;
  }
  const open = operation.executionIds.find((name) => access.kind !== 'execution' || access.argument !== name);
  if (open === undefined) return undefined;
  const permission = kind === 'cancel' ? 'execute' : 'view';
  return `“${open}” chooses any execution, and no rule is on it; set onExecution('${permission}', '${open}'), hide it, ${accept}`;
}
