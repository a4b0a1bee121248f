import { randomUUID } from 'node:crypto';
import type { CallContext } from '../call-context.ts';
import type { MaybePromise } from '../maybe-promise.ts';
import type { AccessChecker, AccessQuestion } from '../ports.ts';
import type { Decision } from './access/decision.ts';
import { decideOnExecution } from './access/execution-access.ts';
import type { Permission } from './access/permission.ts';
import { parsePlaybookPath } from './access/playbook-path.ts';

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
  if (!caller || parsePlaybookPath(path) === undefined) return undefined;
  return { user: caller.session.user, permission, path, token: caller.token };
}

/** Permission questions of resolvers about the caller. Without a caller every answer is no, and no checker is asked. */
export function questionsOf(
  context: Partial<Pick<CallContext, 'caller' | 'requestId'>>,
  checker: AccessChecker,
): Pick<CallContext, 'requestId' | 'may' | 'mayOnExecution' | 'judgeOnExecution'> {
  return {
    requestId: context.requestId ?? randomUUID(),
    may: async (permission, path) => (await judgeOn(context, checker, permission, path)).allowed,
    mayOnExecution: async (permission, path) => (await judgeOnExecutionsOf(context, checker, permission, path)).allowed,
    judgeOnExecution: (permission, path) => judgeOnExecutionsOf(context, checker, permission, path),
  };
}

const pathRefused: Decision = { allowed: false, why: 'path-refused', grant: undefined };
