import type { GatewayEvent } from '../../plugins/observe.ts';
import type { counters } from './metrics-catalog.ts';

/** One step of one counter. */
export interface Tally {
  readonly counter: keyof typeof counters;
  readonly labels?: Readonly<Record<string, string>>;
  readonly by?: number;
}

/**
 * What an event adds to which counters; nothing for events that only the log or a gauge is about. Labels are of a
 * closed list: no id and no text from outside becomes one.
 */
export function talliesOf(event: GatewayEvent): readonly Tally[] {
  switch (event.type) {
    case 'login':
      return [{ counter: 'logins', labels: { outcome: event.outcome } }];
    case 'logout':
      return [{ counter: 'logouts', labels: { scope: event.all ? 'all' : 'session' } }];
    case 'sessions_ended':
      return [{ counter: 'sessionsEnded', labels: { by: event.by, outcome: event.outcome } }];
    case 'session_check':
      return sessionCheck(event);
    case 'session_cache_failed':
      return [{ counter: 'sessionCacheFailures', labels: { stage: event.stage } }];
    case 'store_error':
      return [{ counter: 'storeErrors', labels: { operation: event.operation } }];
    case 'validation':
      return validation(event.state);
    case 'identity_token':
      return identityToken(event);
    case 'decision':
      return [{ counter: 'decisions', labels: { outcome: event.outcome } }];
    case 'callback_refused':
      // A late callback is not an attack and not a defect: a login or a check had given up waiting.
      if (event.reason === 'late') return [{ counter: 'callbacksUndelivered' }];
      return [{ counter: 'callbacksRefused', labels: { reason: event.reason } }];
    case 'auth_cancel_failed':
      return [{ counter: 'authCancelFailures' }];
    case 'rate_limited':
      return [{ counter: 'rateLimited', labels: { route: event.route } }];
    case 'upstream_shed':
      return [{ counter: 'upstreamShed', labels: { class: event.class, reason: event.reason } }];
    // Only openings count; half-open and closed follow from them.
    case 'breaker':
      return event.state === 'open' ? [{ counter: 'breakerOpened', labels: { class: event.class } }] : [];
    case 'error_answer':
      return [{ counter: 'errorAnswers', labels: { code: event.code } }];
    case 'auth_playbook':
      return [{ counter: 'authPlaybooks', labels: { outcome: event.outcome } }];
    case 'policy_file':
      return [{ counter: 'policyFile', labels: { outcome: event.outcome } }];
    case 'lines_dropped':
      return [{ counter: 'linesDropped', labels: { from: event.from }, by: event.count }];
    default:
      return [];
  }
}

function identityToken({
  outcome,
  mode,
  droppedRoles = [],
}: GatewayEvent & { type: 'identity_token' }): readonly Tally[] {
  const token = { counter: 'identityTokens', labels: { outcome, mode } } as const;
  return droppedRoles.length === 0 ? [token] : [token, { counter: 'droppedRoles', by: droppedRoles.length }];
}

function sessionCheck(event: GatewayEvent & { type: 'session_check' }): readonly Tally[] {
  const check = { counter: 'sessionChecks', labels: { outcome: event.outcome } } as const;
  // A layer is known for sessions that were found.
  if (event.outcome !== 'ok' || event.layer === undefined) return [check];
  return [check, { counter: 'sessionHits', labels: { layer: event.layer } }];
}

function validation(state: (GatewayEvent & { type: 'validation' })['state']): readonly Tally[] {
  if (state === 'started') return [{ counter: 'validations' }];
  return state === 'shed' ? [{ counter: 'validationsShed' }] : [];
}
