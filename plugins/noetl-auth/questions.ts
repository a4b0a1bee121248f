import { randomUUID } from 'node:crypto';
import { decideOnExecution } from '../../core/access/execution-access.ts';
import type { Permission } from '../../core/access/permission.ts';
import { parsePlaybookPath } from '../../core/access/playbook-path.ts';
import type { CallContext } from '../../core/call-context.ts';
import type { AccessChecker } from '../../core/ports.ts';

/** What resolvers may ask about the caller. Without one they get to ask nothing, and nothing runs. */
export function questionsOf(
  context: Partial<Pick<CallContext, 'caller' | 'requestId'>>,
  checker: AccessChecker,
): Pick<CallContext, 'requestId' | 'may' | 'mayOnExecution'> {
  const ask =
    (check: AccessChecker['check']) =>
    async (permission: Permission, path: string): Promise<boolean> => {
      const { caller } = context;
      if (!caller || parsePlaybookPath(path) === undefined) return false;
      return (await check({ user: caller.session.user, permission, path, token: caller.token })).allowed;
    };
  return {
    requestId: context.requestId ?? randomUUID(),
    may: ask((question) => checker.check(question)),
    mayOnExecution: ask((question) => decideOnExecution(checker, question)),
  };
}
