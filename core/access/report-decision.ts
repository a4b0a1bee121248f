import type { Observe } from '../observe.ts';
import type { User } from '../session/session.ts';
import { grantText } from './explain-text.ts';
import type { Grant } from './grant.ts';
import type { Permission } from './permission.ts';

/** A decision, as the audit log and the metrics get it. What is undefined is left out. */
export interface DecisionReport {
  readonly outcome: 'allowed' | 'denied' | 'backend_error';
  /** The root field, or the route; never a name from outside. */
  readonly field: string;
  readonly root: 'query' | 'mutation' | 'subscription' | 'rest';
  readonly user: User;
  readonly permission: Permission | undefined;
  readonly path: string | undefined;
  /** The grant that decided. */
  readonly grant: Grant | undefined;
  /** Why it was not allowed. */
  readonly reason?: string | undefined;
  readonly requestId: string;
}

/** Reports a decision as an event: for the audit log and the counters. The grant is named and not sent whole. */
export function reportDecision(observe: Observe, report: DecisionReport): void {
  const { user, permission, path, grant, reason, ...rest } = report;
  observe({
    type: 'decision',
    ...rest,
    userId: user.userId,
    roles: user.roles,
    ...(user.email && { email: user.email }),
    ...(permission !== undefined && { permission }),
    ...(path !== undefined && { path }),
    ...(grant !== undefined && { grant: nameOfGrant(grant) }),
    ...(reason !== undefined && { reason }),
  });
}

/** Where the grant is declared; its text when that is unknown. */
export const nameOfGrant = (grant: Grant): string => grant.source ?? grantText(grant);
