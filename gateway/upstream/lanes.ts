import type { CallClass, UpstreamCall } from '../../plugins/ports.ts';
import type { Lane } from './bulkheads.ts';

/** Auth playbooks are started beside the reads that watch them, so that many watched runs do not hold up a login. */
export function laneOf({ class: given = 'read', idempotent }: UpstreamCall): Lane {
  return given === 'auth' && !idempotent ? 'auth_start' : given;
}

/** The class that metrics and messages name: both lanes of `auth` are one. */
export const classOf = (lane: Lane): CallClass => (lane === 'auth_start' ? 'auth' : lane);

/** The name of the breaker of a call. */
export const breakerFor = (lane: Lane, { method, route }: UpstreamCall): string => `${lane} ${method} ${route}`;

/** The parts of a breaker's name, see {@link breakerFor}. */
export function breakerName(name: string): { readonly class: CallClass; readonly route: string } {
  const [lane = 'read', , route = 'other'] = name.split(' ');
  return { class: classOf(lane as Lane), route };
}
