import type { AccessChecker, AccessQuestion } from '../ports.ts';
import type { Decision } from './decision.ts';

/**
 * Decides on the executions of the playbook on a path: as on the playbook itself, and whoever may execute it may view
 * its executions too. A grant that denies `view` is not overruled by that. It says nothing about the playbook's source.
 * @param question `permission` is what is wanted on the execution, `path` its playbook.
 * @throws what the checker throws: it could not find out.
 */
export async function decideOnExecution(checker: AccessChecker, question: AccessQuestion): Promise<Decision> {
  const decision = await checker.check(question);
  const implied = question.permission === 'view' && !decision.allowed && mayBeImplied(decision.why);
  return implied ? checker.check({ ...question, permission: 'execute' }) : decision;
}

function mayBeImplied(why: Extract<Decision, { allowed: false }>['why']): boolean {
  return why === 'no-grant' || why === 'upstream';
}
