import { authenticated, onExecution } from '../../plugins/noetl-auth/access/access-rule.ts';
import type { SubscriptionRow } from './operation-row.ts';

/**
 * A row for apps: `subscription { executionUpdates(id: …) { status currentStep result } }` streams each change of an
 * execution's status and steps, then what it produced, and ends. The same may see it as `execution`, again and again.
 */
export function executionUpdates<Role extends string>(): SubscriptionRow<Role> {
  return {
    gateway: 'subscription',
    sdl: 'executionUpdates(id: ID!): Execution',
    access: onExecution('view', 'id'),
    watch: 'execution',
  };
}

/**
 * A row for pages that list executions: `subscription { executionsUpdates(path: …) { id path status } }` streams executions
 * that begin or end, of one catalog path or a pattern, or of all; those that the caller may see.
 */
export function executionsUpdates<Role extends string>(): SubscriptionRow<Role> {
  return {
    gateway: 'subscription',
    sdl: 'executionsUpdates(path: String): Execution',
    access: authenticated({ rows: 'executions' }),
    watch: 'executions',
  };
}
