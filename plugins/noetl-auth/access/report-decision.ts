import type { Mutable } from '../../mutable.ts';
import type { GatewayEvent, Observe } from '../../observe.ts';
import type { User } from '../session/session.ts';
import { grantText } from './explain-text.ts';
import type { Grant, Permission } from './grant.ts';

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
  const { outcome, field, root, requestId, user, permission, path, grant, reason } = report;
  const { userId, roles, email } = user;
  // Member by member: this runs for every request, and each spread costs as much as all of these.
  const event: Mutable<DecisionEvent> = { type: 'decision', outcome, field, root, requestId, userId, roles };
  if (email) event.email = email;
  if (permission !== undefined) event.permission = permission;
  if (path !== undefined) event.path = path;
  if (grant !== undefined) event.grant = nameOfGrant(grant);
  if (reason !== undefined) event.reason = reason;
  observe(event);
}

type DecisionEvent = Extract<GatewayEvent, { type: 'decision' }>;

/** Where the grant is declared; its text when that is unknown. */
export const nameOfGrant = (grant: Grant): string => grant.source ?? grantText(grant);
