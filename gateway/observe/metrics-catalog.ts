import { errorCodes } from '../../plugins/errors.ts';

/** Labels and all their values: every combination is a series from the start, and no other series is made. */
export type Labels = Readonly<Record<string, readonly string[]>>;

/** A metric as `/metrics` and the reference page name it. */
export interface MetricDeclaration {
  readonly name: string;
  readonly help: string;
  readonly labels: Labels;
}

const metric = (name: string, help: string, labels: Labels = {}): MetricDeclaration => ({
  name: `noetl_gateway_${name}`,
  help,
  labels,
});

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

/** Classes of calls to NoETL. */
export const callClasses = ['auth', 'probe', 'read', 'start'] as const;

const tokenOutcomes = [
  'success',
  'bad_signature',
  'bad_claims',
  'unknown_kid',
  'malformed',
  'jwks_unavailable',
  'untrusted_issuer',
];

/** Counters by a short name. Those that the earlier gateway had keep its names, for its dashboards and alerts. */
export const counters = {
  logins: metric('login_total', 'Logins by outcome.', {
    outcome: ['succeeded', 'callback_failed', 'not_authenticated', 'rejected', 'unavailable'],
  }),
  logouts: metric('logout_total', 'Logouts: of one session, or of all of a user.', { scope: ['session', 'all'] }),
  sessionChecks: metric(
    'session_check_total',
    'Session checks by outcome; validation_error: the check could not decide.',
    { outcome: ['ok', 'missing_token', 'invalid_or_expired', 'validation_error'] },
  ),
  sessionHits: metric('session_hit_total', 'Valid sessions by the layer that knew them.', {
    layer: ['request', 'process', 'store', 'validator'],
  }),
  sessionCacheFailures: metric('session_cache_failed_total', 'Sessions that could not be stored.', {
    stage: ['after_login', 'after_api_validate'],
  }),
  decisions: metric(
    'authz_total',
    'Access decisions; backend_error: the check could not decide, and the call did not run.',
    { outcome: ['allowed', 'denied', 'backend_error'] },
  ),
  identityTokens: metric('identity_token_total', 'Identity tokens by outcome of their verification.', {
    outcome: tokenOutcomes,
    mode: ['enforce', 'shadow'],
  }),
  sessionsEnded: metric(
    'sessions_ended_total',
    'Orders to end sessions together: by an identity provider (back-channel logout) or an operator.',
    { by: ['provider', 'operator'], outcome: ['ended', 'refused', 'unavailable'] },
  ),
  droppedRoles: metric('dropped_roles_total', 'Values of role claims that map to no role of the config.'),
  storeErrors: metric('store_errors_total', 'Session store operations that failed.', { operation: storeOperations }),
  validations: metric('validations_total', 'Sessions checked with NoETL.'),
  validationsShed: metric(
    'validations_shed_total',
    'Sessions not checked because too many were waiting; answered 503.',
  ),
  callbacksRefused: metric('callback_refused_total', 'Playbook callbacks that were not accepted.', {
    reason: ['secret', 'body', 'shape'],
  }),
  callbacksUndelivered: metric(
    'callback_undelivered_total',
    'Playbook callbacks that arrived when no login or check waited for them any more.',
  ),
  authCancelFailures: metric('auth_cancel_failed_total', 'Abandoned auth playbooks that could not be cancelled.'),
  rateLimited: metric('rate_limited_total', 'Calls answered 429.', {
    route: ['login', 'validate', 'check_access', 'ticket', 'guess', 'starts', 'calls'],
  }),
  upstreamShed: metric('upstream_shed_total', 'Calls to NoETL that were not made, or that NoETL had no room for.', {
    class: callClasses,
    reason: ['user', 'class', 'wait', 'breaker', 'busy'],
  }),
  breakerOpened: metric(
    'breaker_opened_total',
    'Circuit breakers that opened: NoETL did not answer most calls of a class on a route.',
    { class: callClasses },
  ),
  errorAnswers: metric(
    'error_answers_total',
    'Requests that were answered with an error instead of a result, by its code.',
    { code: errorCodes },
  ),
  authPlaybooks: metric('auth_playbook_total', 'Runs of auth playbooks; silent: no callback in time.', {
    outcome: ['answered', 'silent', 'missing', 'refused'],
  }),
  policyFile: metric(
    'policy_file_total',
    'Changes of the policy file: applied, or refused while the earlier grants stay in effect.',
    { outcome: ['applied', 'refused'] },
  ),
  linesDropped: metric(
    'lines_dropped_total',
    'Lines of the audit log and the log that were dropped because their reader is too slow.',
    { from: ['audit', 'log'] },
  ),
} as const;

/** Gauges that events move up and down. Those that are read at a scrape are registered by `registerLiveGauges`. */
export const gauges = {
  streams: metric('streams', 'Open streams: of GET /events, and of subscriptions.'),
  validationsRunning: metric('validations_running', 'Sessions being checked with NoETL now.'),
  validationsWaiting: metric('validations_waiting', 'Sessions waiting for their check.'),
} as const;

/** What a look at NoETL's API finds, against the pulled document. */
export const documentStates = ['same', 'differs', 'not checked'] as const;

/** Upper bounds in seconds, of every histogram and of the console's numbers. A change of them breaks dashboards. */
export const durationBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** HTTP statuses by their hundred, and calls without a status. */
export const statusClasses = ['1xx', '2xx', '3xx', '4xx', '5xx', 'timeout', 'error'] as const;

/** Routes of both listeners that are measured one by one; any other path is `other`, so that no path makes a series. */
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

/** The route that a path is measured as: a family's paths count together. */
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
