import { GatewayError } from '../../plugins/errors.ts';
import type { EndTarget, User } from '../../plugins/noetl-auth/session/session.ts';
import type { Observe } from '../../plugins/observe.ts';
import type { Sessions } from '../../plugins/ports.ts';
import { withIssuerName } from '../config/gateway-rows.ts';
import type { IssuerRules } from '../config/identity/issuer-rules.ts';

/**
 * Ends sessions for an operator, and reports who ended which.
 * @throws ERR_NOT_FOUND: the user has no such session; ERR_STORE
 */
export function createOperatorEndings(
  sessions: Pick<Sessions, 'endOne' | 'endSessionsOf'>,
  issuers: readonly IssuerRules[],
  observe: Observe,
) {
  return async (named: EndTarget, { userId: operator }: User, requestId: string): Promise<void> => {
    const target = withIssuerName(named, issuers);
    const event = { type: 'sessions_ended', by: 'operator', operator, requestId, ...auditedTarget(target) } as const;
    // An ending that was tried is an audit line, whatever came out.
    const isEnded = await end(sessions, target).catch((error: unknown) => {
      observe({ ...event, outcome: 'unavailable' });
      throw error;
    });
    observe({ ...event, ...(isEnded ? { outcome: 'ended' } : { outcome: 'refused', reason: 'unknown_session' }) });
    if (!isEnded) throw new GatewayError('ERR_NOT_FOUND', 'the user has no such session');
  };
}

/** The members of an audit line for the named sessions. */
export const auditedTarget = (target: EndTarget) =>
  'session' in target ? { userId: target.ofUser, session: target.session } : target;

async function end(sessions: Pick<Sessions, 'endOne' | 'endSessionsOf'>, target: EndTarget): Promise<boolean> {
  if ('session' in target) return sessions.endOne(target);
  await sessions.endSessionsOf(target);
  return true;
}
