import { type MaybePromise, whenKnown } from '../../maybe-promise.ts';
import type { AccessChecker, AccessQuestion } from '../../ports.ts';
import type { Decision } from './decision.ts';

/**
 * Decides on the executions of the playbook on a path: as on the playbook itself, and `execute` on the playbook implies
 * `view` of its executions. It does not overrule a grant that denies `view`, and it gives no view of the playbook's source.
 * @param question `permission` is the permission on the execution, `path` its playbook.
 * @throws what the checker throws when it cannot decide.
 */
export function decideOnExecution(checker: AccessChecker, question: AccessQuestion): MaybePromise<Decision> {
  return whenKnown(checker.check(question), (decision) => orImplied(decision, checker, question));
}

function orImplied(decision: Decision, checker: AccessChecker, question: AccessQuestion): MaybePromise<Decision> {
  const implied = question.permission === 'view' && !decision.allowed && mayBeImplied(decision.why);
  return implied ? checker.check({ ...question, permission: 'execute' }) : decision;
}

function mayBeImplied(why: Extract<Decision, { allowed: false }>['why']): boolean {
  return why === 'no-grant' || why === 'upstream';
}
