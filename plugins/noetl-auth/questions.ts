import { randomUUID } from 'node:crypto';
import type { CallContext } from '../call-context.ts';
import type { AccessChecker, Sessions } from '../ports.ts';
import { judgeOn, judgeOnExecutionsOf } from './access/access-checkers.ts';
import { type DecisionOptions, judgeCall, type OperationCaller, tellDecision } from './decide-call.ts';

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
