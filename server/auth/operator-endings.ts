import { withIssuerName } from '../../core/config/end-sessions.ts';
import type { IssuerRules } from '../../core/identity/issuer-rules.ts';
import type { Observe } from '../../core/observe.ts';
import type { Sessions } from '../../core/ports.ts';
import type { User } from '../../core/session/session.ts';
import type { SessionsOf } from '../../core/session/session-marks.ts';

/** Ends sessions for an operator, and reports who ended which. */
export function createOperatorEndings(sessions: Sessions, issuers: readonly IssuerRules[], observe: Observe) {
  return async (named: SessionsOf, { userId: operator }: User, requestId: string): Promise<void> => {
    const target = withIssuerName(named, issuers);
    const event = { type: 'sessions_ended', by: 'operator', operator, requestId, ...target } as const;
    await sessions.endSessionsOf(target).catch((error: unknown) => {
      observe({ ...event, outcome: 'unavailable' });
      throw error;
    });
    observe({ ...event, outcome: 'ended' });
  };
}
