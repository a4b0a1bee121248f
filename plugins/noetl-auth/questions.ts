import { randomUUID } from 'node:crypto';
import type { CallContext } from '../call-context.ts';
import type { AccessChecker, AccessQuestion, Sessions } from '../ports.ts';
import type { MaybePromise } from '../single-flight.ts';
import { decideOnExecution } from './access/access-checkers.ts';
import type { Decision } from './access/decision.ts';
import type { Permission } from './access/grant.ts';
import { parsePlaybookPath } from './access/playbook-path.ts';
import { type DecisionOptions, judgeCall, type OperationCaller, tellDecision } from './decide-call.ts';

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

/**
 * Judges a stream anew: the session is looked up again, so that its end and changes of its roles count, and the field is
 * decided by the grants of now. A refusal is reported; that nothing has changed is not.
 */
export function renewCall(
  { caller: { token }, requestId, headers }: OperationCaller,
  options: DecisionOptions & { readonly sessions: Pick<Sessions, 'lookup'> },
): NonNullable<CallContext['renew']> {
  return async ({ field, args }) => {
    const session = await options.sessions.lookup(token);
    if (session === undefined) return undefined;
    const by = { caller: { session, token }, requestId, ...(headers && { headers }) };
    const judgement = await judgeCall({ name: field, root: 'subscription', args }, by, options);
    if (judgement.decision.outcome === 'denied') tellDecision(field, judgement, 'subscription', by, options);
    return { ...questionsOf(by, options.checker), caller: by.caller, decision: judgement.decision };
  };
}
