import type { GraphQLResolveInfo } from 'graphql';
import type { CallContext, RootDecision } from '../../call-context.ts';
import { GatewayError } from '../../errors.ts';

/** A decision that lets a root field run. */
export type OpenDecision = Exclude<RootDecision, { outcome: 'denied' }>;

/** One sentence for everything that is refused, so that it does not show why. */
export const accessDenied = (): GatewayError => new GatewayError('ERR_ACCESS_DENIED', 'you may not do this');

/**
 * The decision for just this root field, by its response key. A field without one is refused, whatever else went wrong.
 * @throws the decision's own error when it denies; ERR_ACCESS_DENIED without a decision, or with one for another field
 */
export function standingDecision(
  context: unknown,
  { path, fieldName }: Pick<GraphQLResolveInfo, 'path' | 'fieldName'>,
): OpenDecision {
  const decisions = (context as Partial<CallContext> | undefined)?.decisions;
  const isRoot = path.prev === undefined;
  const decision = isRoot && decisions instanceof Map ? decisions.get(String(path.key)) : undefined;
  if (decision === undefined || decision.field !== fieldName) throw accessDenied();
  if (decision.outcome === 'denied') throw decision.error;
  if (decision.outcome !== 'allowed' && decision.outcome !== 'onAnswer') throw accessDenied();
  return decision;
}
