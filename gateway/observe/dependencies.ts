import type { Clock } from '../../plugins/clock.ts';
import type { GatewayEvent } from '../../plugins/observe.ts';
import type { Dependency, DependencyState } from '../console/gateway-health.ts';
import type { Logger } from './logger.ts';
import { type NextSteps, nextStep } from './next-steps.ts';

/** How a dependency was seen in one event. */
interface Sight extends Dependency {
  /** Undefined: it answers. */
  readonly problem: string | undefined;
}

interface State {
  readonly dependency: Dependency;
  failingSinceMs: number | undefined;
  failures: number;
  /** Whether the failure that lasts has its line. */
  isSaid: boolean;
  lastLineMs: number;
}

/** Follows by events what the gateway needs. It asks nothing itself. */
export interface DependencyLog {
  record(event: GatewayEvent): void;
  /** Every dependency that was seen so far, and whether it answers. */
  states(): readonly DependencyState[];
}

/** A dependency that fails and recovers all the time has one pair of lines in this time. */
const quietMs = 10_000;

/** Issuers and playbooks come from the config; a bound for adapters that name more. */
const maxDependencies = 100;

/**
 * One line at the first failure of a dependency, with the cause and what to do next, and one when it answers again, with how
 * long it was down. Failures between them are counted, and have no lines.
 */
export function createDependencyLog(log: Logger, clock: Clock, steps: NextSteps): DependencyLog {
  const states = new Map<string, State>();

  /** @returns undefined: there is no room for another dependency */
  function stateOf({ name, of }: Dependency): State | undefined {
    const key = `${name} ${of}`;
    const known = states.get(key);
    if (known !== undefined || states.size >= maxDependencies) return known;
    const lastLineMs = Number.NEGATIVE_INFINITY;
    const state: State = {
      dependency: { name, of },
      failingSinceMs: undefined,
      failures: 0,
      isSaid: false,
      lastLineMs,
    };
    states.set(key, state);
    return state;
  }

  function failed(state: State, sight: Sight, problem: string): void {
    const now = clock();
    state.failingSinceMs ??= now;
    state.failures += 1;
    // A new failure soon after the last line waits for its line: the next failure after the pause writes it.
    if (state.isSaid || now - state.lastLineMs < quietMs) return;
    state.isSaid = true;
    state.lastLineMs = now;
    const { name, of } = sight;
    const { what, next } = nextStep(sight, problem, steps);
    log.error({ dependency: name, of, problem, failures: state.failures, next }, what);
  }

  function recovered(state: State): void {
    const { dependency, failures, isSaid, failingSinceMs = clock() } = state;
    state.failingSinceMs = undefined;
    state.isSaid = false;
    // A failure without a line recovers without one.
    if (!isSaid) return;
    state.failures = 0;
    const downMs = clock() - failingSinceMs;
    log.info({ dependency: dependency.name, of: dependency.of, failures, downMs }, 'a dependency answers again');
  }

  return {
    record(event) {
      const sight = sightIn(event);
      const state = sight && stateOf(sight);
      if (sight === undefined || state === undefined) return;
      if (sight.problem !== undefined) failed(state, sight, sight.problem);
      else if (state.failingSinceMs !== undefined) recovered(state);
    },
    states: () =>
      [...states.values()].map(({ dependency, failingSinceMs }) => ({
        ...dependency,
        isUp: failingSinceMs === undefined,
        ...(failingSinceMs !== undefined && { failingSinceMs }),
      })),
  };
}

/** The statuses that a proxy sends in the place of NoETL (RFC 9110, sections 15.6.3 to 15.6.5). */
const gatewayStatuses = new Set<unknown>([502, 503, 504]);

function sightIn(event: GatewayEvent): Sight | undefined {
  switch (event.type) {
    case 'upstream_call': {
      const { class: of, status, problem } = event;
      // Errors without a problem do not speak of NoETL's health: a caller that left, an answer that is too large.
      if (status === 'error' && problem === undefined) return undefined;
      return { name: 'noetl', of, problem: problem ?? (gatewayStatuses.has(status) ? `HTTP_${status}` : undefined) };
    }
    case 'store_call':
      return { name: 'store', of: 'sessions', problem: event.problem };
    case 'provider_call':
      return { name: 'identity', of: event.issuer, problem: event.problem };
    case 'auth_playbook':
      return { name: 'callbacks', of: event.path, problem: event.outcome === 'answered' ? undefined : event.outcome };
    default:
      return undefined;
  }
}
