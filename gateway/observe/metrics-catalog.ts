import { errorCodes } from '../../plugins/errors.ts';

/** Labels and all the values they can have: the product of them exists from the start, and nothing else ever does. */
export type Labels = Readonly<Record<string, readonly string[]>>;

/** A metric as `/metrics` and the reference page name it. */
export interface MetricDeclaration {
  readonly name: string;
  readonly help: string;
  readonly labels: Labels;
}

const noLabels: Labels = {};

/** Methods of a session store, as its calls are counted. */
export const storeOperations = [
  'get',
  'put',
  'end',
  'end_all',
  'not_before',
  'claim',
  'list',
  'ping',
  'other',
] as const;

/** The checks of `/ready`. */
export const readyChecks = ['upstream', 'store'] as const;

/**
 * Counters by a short name. Those that the earlier gateway had keep their names, so that its dashboards and alerts go
 * on working.
 */
export const counters = {
  logins: {
    name: 'noetl_gateway_login_total',
    help: 'Logins by outcome.',
    labels: { outcome: ['succeeded', 'callback_failed', 'not_authenticated', 'rejected', 'unavailable'] },
  },
  logouts: {
    name: 'noetl_gateway_logout_total',
    help: 'Logouts: of one session, or of all of a user.',
    labels: { scope: ['session', 'all'] },
  },
  sessionChecks: {
    name: 'noetl_gateway_session_check_total',
    help: 'Session checks by outcome; validation_error: the check could not decide.',
    labels: { outcome: ['ok', 'missing_token', 'invalid_or_expired', 'validation_error'] },
  },
  sessionHits: {
    name: 'noetl_gateway_session_hit_total',
    help: 'Valid sessions by the layer that knew them.',
    labels: { layer: ['request', 'process', 'store', 'validator'] },
  },
  sessionCacheFailures: {
    name: 'noetl_gateway_session_cache_failed_total',
    help: 'Sessions that could not be stored.',
    labels: { stage: ['after_login', 'after_api_validate'] },
  },
  decisions: {
    name: 'noetl_gateway_authz_total',
    help: 'Access decisions; backend_error: the check could not decide, and the call did not run.',
    labels: { outcome: ['allowed', 'denied', 'backend_error'] },
  },
  identityTokens: {
    name: 'noetl_gateway_identity_token_total',
    help: 'Identity tokens by outcome of their verification.',
    labels: {
      outcome: [
        'success',
        'bad_signature',
        'bad_claims',
        'unknown_kid',
        'malformed',
        'jwks_unavailable',
        'untrusted_issuer',
      ],
      mode: ['enforce', 'shadow'],
    },
  },
  sessionsEnded: {
    name: 'noetl_gateway_sessions_ended_total',
    help: 'Orders to end sessions together: by an identity provider (back-channel logout) or an operator.',
    labels: { by: ['provider', 'operator'], outcome: ['ended', 'refused', 'unavailable'] },
  },
  droppedRoles: {
    name: 'noetl_gateway_dropped_roles_total',
    help: 'Values of role claims that map to no role of the config.',
    labels: noLabels,
  },
  storeErrors: {
    name: 'noetl_gateway_store_errors_total',
    help: 'Session store operations that failed.',
    labels: { operation: storeOperations },
  },
  validations: { name: 'noetl_gateway_validations_total', help: 'Sessions checked with NoETL.', labels: noLabels },
  validationsShed: {
    name: 'noetl_gateway_validations_shed_total',
    help: 'Sessions not checked because too many were waiting; answered 503.',
    labels: noLabels,
  },
  callbacksRefused: {
    name: 'noetl_gateway_callback_refused_total',
    help: 'Playbook callbacks that were not accepted.',
    labels: { reason: ['secret', 'body', 'shape'] },
  },
  callbacksUndelivered: {
    name: 'noetl_gateway_callback_undelivered_total',
    help: 'Playbook callbacks that arrived when no login or check waited for them any more.',
    labels: noLabels,
  },
  authCancelFailures: {
    name: 'noetl_gateway_auth_cancel_failed_total',
    help: 'Abandoned auth playbooks that could not be cancelled.',
    labels: noLabels,
  },
  rateLimited: {
    name: 'noetl_gateway_rate_limited_total',
    help: 'Calls answered 429.',
    labels: { route: ['login', 'validate', 'check_access', 'ticket', 'guess', 'starts', 'calls'] },
  },
  upstreamShed: {
    name: 'noetl_gateway_upstream_shed_total',
    help: 'Calls to NoETL that were not made, or that NoETL had no room for.',
    labels: {
      class: ['auth', 'probe', 'read', 'start'],
      reason: ['user', 'class', 'wait', 'breaker', 'busy'],
    },
  },
  breakerOpened: {
    name: 'noetl_gateway_breaker_opened_total',
    help: 'Circuit breakers that opened: NoETL did not answer most calls of a class on a route.',
    labels: { class: ['auth', 'probe', 'read', 'start'] },
  },
  errorAnswers: {
    name: 'noetl_gateway_error_answers_total',
    help: 'Requests that were answered with an error instead of a result, by its code.',
    labels: { code: errorCodes },
  },
  authPlaybooks: {
    name: 'noetl_gateway_auth_playbook_total',
    help: 'Runs of auth playbooks; silent: no callback in time.',
    labels: { outcome: ['answered', 'silent', 'missing', 'refused'] },
  },
  policyFile: {
    name: 'noetl_gateway_policy_file_total',
    help: 'Changes of the policy file: applied, or refused while the earlier grants stay in effect.',
    labels: { outcome: ['applied', 'refused'] },
  },
  linesDropped: {
    name: 'noetl_gateway_lines_dropped_total',
    help: 'Lines of the audit log and the log that were dropped because their reader is too slow.',
    labels: { from: ['audit', 'log'] },
  },
} as const satisfies Record<string, MetricDeclaration>;

/** Gauges that events move up and down. Those that are read at a scrape are in `live-gauges.ts`. */
export const gauges = {
  streams: {
    name: 'noetl_gateway_streams',
    help: 'Open streams: of GET /events, and of subscriptions.',
    labels: noLabels,
  },
  documentDrift: {
    name: 'noetl_gateway_document_drift',
    help: '1 while NoETL’s live OpenAPI document differs from the pulled one.',
    labels: noLabels,
  },
  validationsRunning: {
    name: 'noetl_gateway_validations_running',
    help: 'Sessions being checked with NoETL now.',
    labels: noLabels,
  },
  validationsWaiting: {
    name: 'noetl_gateway_validations_waiting',
    help: 'Sessions waiting for their check.',
    labels: noLabels,
  },
} as const satisfies Record<string, MetricDeclaration>;

/** Upper bounds in seconds, of every histogram and of the console's numbers. A change of them breaks dashboards. */
export const durationBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** HTTP statuses by their hundred, and calls without a status. */
export const statusClasses = ['1xx', '2xx', '3xx', '4xx', '5xx', 'timeout', 'error'] as const;

/**
 * Routes of both listeners that are measured one by one; anything else is `other`. The list is closed: a path of a
 * caller must not make a series.
 */
export const requestRoutes = [
  '/graphql',
  '/api/auth/login',
  '/api/auth/validate',
  '/api/auth/check-access',
  '/api/auth/logout',
  '/api/auth/start',
  '/api/auth/callback',
  '/api/auth/exchange',
  '/api/auth/backchannel-logout',
  '/api/auth/ticket',
  '/events',
  '/noetl',
  '/mcp',
  '/console',
  '/health',
  '/ready',
  '/metrics',
  '/api/internal/callback',
  'other',
] as const;

/** Prefixes with many paths below them. */
const families = ['/noetl', '/mcp', '/console'];

/** The route that a path is measured as: below some of them there are many. */
export function routeOfPath(path: string): string {
  return families.find((family) => path.startsWith(family) && path[family.length] === '/') ?? path;
}

/** Every combination of the labels' values; a single empty one without labels. */
export function everySeries(labels: Labels): Record<string, string>[] {
  let series: Record<string, string>[] = [{}];
  for (const [label, values] of Object.entries(labels)) {
    series = series.flatMap((known) => values.map((value) => ({ ...known, [label]: value })));
  }
  return series;
}
