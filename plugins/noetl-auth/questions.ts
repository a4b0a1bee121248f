import { randomUUID } from 'node:crypto';
import type { Decision } from '../../core/access/decision.ts';
import { decideOnExecution } from '../../core/access/execution-access.ts';
import type { Permission } from '../../core/access/permission.ts';
import { parsePlaybookPath } from '../../core/access/playbook-path.ts';
import type { CallContext } from '../../core/call-context.ts';
import type { AccessChecker } from '../../core/ports.ts';

/** What resolvers may ask about the caller. Without one they get to ask nothing, and nothing runs. */
export function questionsOf(
  context: Partial<Pick<CallContext, 'caller' | 'requestId'>>,
  checker: AccessChecker,
): Pick<CallContext, 'requestId' | 'may' | 'mayOnExecution' | 'judgeOnExecution'> {
  const ask =
    (check: AccessChecker['check']) =>
    async (permission: Permission, path: string): Promise<Decision> => {
      const { caller } = context;
      if (!caller || parsePlaybookPath(path) === undefined) return pathRefused;
      return check({ user: caller.session.user, permission, path, token: caller.token });
    };
  const judge = ask((question) => checker.check(question));
  const judgeOnExecution = ask((question) => decideOnExecution(checker, question));
  return {
    requestId: context.requestId ?? randomUUID(),
    may: async (permission, path) => (await judge(permission, path)).allowed,
    mayOnExecution: async (permission, path) => (await judgeOnExecution(permission, path)).allowed,
    judgeOnExecution,
  };
}

const pathRefused: Decision = { allowed: false, why: 'path-refused', grant: undefined };
