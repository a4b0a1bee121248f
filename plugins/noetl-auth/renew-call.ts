import type { CallContext } from '../call-context.ts';
import type { Sessions } from '../ports.ts';
import { type DecisionOptions, judgeCall, type OperationCaller, tellDecision } from './decide-call.ts';
import { questionsOf } from './questions.ts';

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
