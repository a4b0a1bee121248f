import type { Observe } from '../observe.ts';
import type { User } from '../session/session.ts';
import type { Permission } from './permission.ts';

/** A decision, as the audit log and the metrics get it. What is undefined is left out. */
export interface DecisionReport {
  readonly outcome: 'allowed' | 'denied' | 'backend_error';
  /** The root field, or the route; never a name from outside. */
  readonly field: string;
  readonly root: 'query' | 'mutation' | 'rest';
  readonly user: User;
  readonly permission: Permission | undefined;
  readonly path: string | undefined;
  /** Where the grant stands that decided. */
  readonly grant: string | undefined;
  readonly requestId: string;
}

export function reportDecision(observe: Observe, report: DecisionReport): void {
  const { user, permission, path, grant, ...rest } = report;
  observe({
    type: 'decision',
    ...rest,
    userId: user.userId,
    roles: user.roles,
    ...(user.email && { email: user.email }),
    ...(permission !== undefined && { permission }),
    ...(path !== undefined && { path }),
    ...(grant !== undefined && { grant }),
  });
}
