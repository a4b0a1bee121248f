import type { CallContext } from '../../call-context.ts';
import type { AccessChecker, AccessQuestion } from '../../ports.ts';
import { type MaybePromise, whenKnown } from '../../single-flight.ts';
import { type CompiledGrants, type Decision, decide, pathRefused } from './decision.ts';
import type { Permission } from './grant.ts';
import { parsePlaybookPath } from './playbook-path.ts';

/**
 * Decides by grants alone, so it never fails.
 * @param grants those of the config, or a function that returns the ones that count now
 */
export function createLocalAccessChecker(grants: CompiledGrants | (() => CompiledGrants)): AccessChecker {
  const current = typeof grants === 'function' ? grants : () => grants;
  return { check: ({ user, permission, path }) => decide(current(), user, permission, path) };
}

/**
 * Both must allow. The second is not asked when the first denies. The decision names the grant of the first.
 * @throws what a checker throws: nothing is allowed while one of them cannot decide.
 */
export function combineCheckers(first: AccessChecker, second: AccessChecker): AccessChecker {
  return {
    async check(question) {
      const decision = await first.check(question);
      if (!decision.allowed) return decision;
      const other = await second.check(question);
      return other.allowed ? decision : other;
    },
  };
}

/** A custom checker that is never asked about reserved paths: they are denied, whatever it would answer. */
export function exceptReserved(checker: AccessChecker, reserved: ReadonlySet<string>): AccessChecker {
  return {
    // Always a promise of this realm: code of a platform may return any object with a `then`.
    check: async (question) =>
      reserved.has(question.path) ? { allowed: false, why: 'reserved', grant: undefined } : checker.check(question),
  };
}

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

type Asking = Partial<Pick<CallContext, 'caller'>>;

type Judge = (asking: Asking, checker: AccessChecker, permission: Permission, path: string) => MaybePromise<Decision>;

/** Without a caller, or for a path that is not in normal form, it denies, and no checker is asked. */
const judgedBy =
  (check: (checker: AccessChecker, question: AccessQuestion) => MaybePromise<Decision>): Judge =>
  (asking, checker, permission, path) => {
    const question = questionOf(asking, permission, path);
    return question === undefined ? pathRefused : check(checker, question);
  };

/** The access decision for a caller. */
export const judgeOn = judgedBy((checker, question) => checker.check(question));

/** The same for executions of the playbook on that path. */
export const judgeOnExecutionsOf = judgedBy(decideOnExecution);

/** @returns undefined: there is no caller, or the path is not in normal form */
function questionOf({ caller }: Asking, permission: Permission, path: string): AccessQuestion | undefined {
  const parsed = parsePlaybookPath(path);
  if (!caller || parsed === undefined) return undefined;
  return { user: caller.session.user, permission, path: parsed, token: caller.token };
}
