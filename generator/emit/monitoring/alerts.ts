/** One alert. Its runbook is the section of the same name in docs/operate.md, or of the page of `deploy.runbookUrl`. */
export interface Alert {
  readonly name: string;
  /** PromQL. No template marks: the same text is in a Helm chart. */
  readonly expr: string;
  readonly for: string;
  readonly severity: 'critical' | 'warning';
  readonly summary: string;
}

/** The full name of a metric of the gateway. */
const m = (name: string): string => `noetl_gateway_${name}`;

/** Requests of callers, without those of probes and scrapes. */
const asked = 'route!~"/health|/ready|/metrics"';

/** Of generic metrics, those of the gateway's processes. */
const ofGateway = `and on (instance) ${m('build_info')}`;

/** Memory at which a pod is near its limit. */
const nearLimit = 0.9;

/** What an operator is woken for, or reads in the morning. @param memoryMiB the memory limit of a pod */
export function alertsOf(memoryMiB: number): readonly Alert[] {
  return [...availability, ...dependencies, ...load, ...trust, ...process(memoryMiB)];
}

/** The gateway does not answer, or answers errors. */
const availability: readonly Alert[] = [
  {
    name: 'NoetlGatewayDown',
    expr: `absent(${m('build_info')})`,
    for: '5m',
    severity: 'critical',
    summary: 'Prometheus sees no gateway.',
  },
  {
    name: 'NoetlGatewayNotReady',
    // Zero on every replica: a single one that is not ready must not wake an operator.
    expr: `sum by (check) (${m('ready_check')}) == 0`,
    for: '2m',
    severity: 'critical',
    summary: 'A readiness check fails on every replica: no pod gets requests.',
  },
  {
    name: 'NoetlGatewayErrors',
    expr: `sum(rate(${m('requests_total')}{${asked},status="5xx"}[5m])) / sum(rate(${m('requests_total')}{${asked}}[5m])) > 0.05`,
    for: '5m',
    severity: 'critical',
    summary: 'More than 5 % of the requests fail.',
  },
  {
    name: 'NoetlGatewayInternalErrors',
    expr: `sum(increase(${m('error_answers_total')}{code="ERR_INTERNAL"}[15m])) + sum(increase(${m('graphql_errors_total')}{code="ERR_INTERNAL"}[15m])) > 0`,
    for: '0m',
    severity: 'warning',
    summary: 'The gateway itself failed: a bug, or a plugin that throws.',
  },
  {
    name: 'NoetlGatewaySlow',
    expr: `histogram_quantile(0.99, sum by (le) (rate(${m('request_duration_seconds_bucket')}{route="/graphql"}[5m]))) > 5`,
    for: '10m',
    severity: 'warning',
    summary: 'One GraphQL request in a hundred takes more than 5 s.',
  },
];

/** What the gateway needs does not answer: NoETL, the identity provider, the session store. */
const dependencies: readonly Alert[] = [
  {
    name: 'NoetlGatewayDependencyDown',
    // By `min`: one replica without a connection is a fault as well.
    expr: `min by (name, of) (${m('dependency_up')}) == 0`,
    for: '5m',
    severity: 'critical',
    summary: 'Something that the gateway needs does not answer.',
  },
  {
    name: 'NoetlGatewayUpstreamErrors',
    expr: `sum by (route) (rate(${m('upstream_requests_total')}{status=~"5xx|timeout|error"}[5m])) / (sum by (route) (rate(${m('upstream_requests_total')}[5m])) > 0) > 0.1`,
    for: '5m',
    severity: 'warning',
    summary: 'More than 10 % of the calls to a route of NoETL fail.',
  },
  {
    name: 'NoetlGatewayBreakerOpen',
    expr: `max by (class) (${m('breakers_open')}) > 0`,
    for: '2m',
    severity: 'warning',
    summary: 'A circuit breaker refuses calls to NoETL.',
  },
  {
    name: 'NoetlGatewayLoginsUnavailable',
    expr: `sum(increase(${m('login_total')}{outcome="unavailable"}[5m])) > 3`,
    for: '2m',
    severity: 'critical',
    summary: 'Users cannot log in.',
  },
  {
    name: 'NoetlGatewayCallbacksMissing',
    expr: `sum(increase(${m('auth_playbook_total')}{outcome="silent"}[10m])) > 3`,
    for: '0m',
    severity: 'critical',
    summary: 'Auth playbooks run, and their answers do not arrive.',
  },
  {
    name: 'NoetlGatewayStoreErrors',
    expr: `sum(increase(${m('store_errors_total')}[5m])) > 3`,
    for: '2m',
    severity: 'critical',
    summary: 'The session store does not answer.',
  },
  {
    name: 'NoetlGatewayStoreSlow',
    expr: `histogram_quantile(0.99, sum by (le) (rate(${m('store_duration_seconds_bucket')}[5m]))) > 0.25`,
    for: '10m',
    severity: 'warning',
    summary: 'One call to the session store in a hundred takes more than 250 ms.',
  },
];

/** The gateway refuses work to protect itself or NoETL. */
const load: readonly Alert[] = [
  {
    name: 'NoetlGatewayShedding',
    expr: `sum by (class, reason) (rate(${m('upstream_shed_total')}[5m])) > 0.1`,
    for: '10m',
    severity: 'warning',
    summary: 'Calls to NoETL are refused: there is no room for them.',
  },
  {
    name: 'NoetlGatewayOverloaded',
    expr: `sum(rate(${m('error_answers_total')}{code="ERR_OVERLOADED"}[5m])) > 1`,
    for: '5m',
    severity: 'warning',
    summary: 'Requests are refused before they are worked on.',
  },
  {
    name: 'NoetlGatewayGuessing',
    expr: `sum(rate(${m('rate_limited_total')}{route="guess"}[5m])) > 1`,
    for: '10m',
    severity: 'warning',
    summary: 'Session tokens are being guessed, or an app sends one that is over.',
  },
];

/** What a person must look at although everything answers. */
const trust: readonly Alert[] = [
  {
    name: 'NoetlGatewayCallbacksForged',
    expr: `sum(increase(${m('callback_refused_total')}{reason="secret"}[15m])) > 10`,
    for: '0m',
    severity: 'warning',
    summary: 'Callbacks arrive whose secret this deployment has not made.',
  },
  {
    name: 'NoetlGatewayAuditLost',
    expr: `sum(increase(${m('lines_dropped_total')}{from="audit"}[15m])) > 0`,
    for: '0m',
    severity: 'critical',
    summary: 'Audit lines were lost.',
  },
  {
    name: 'NoetlGatewayPolicyRefused',
    expr: `sum(increase(${m('policy_file_total')}{outcome="refused"}[15m])) > 0`,
    for: '0m',
    severity: 'warning',
    summary: 'The policy file was refused; the grants before it still count.',
  },
  {
    name: 'NoetlGatewayShadowMode',
    expr: `sum(increase(${m('identity_token_total')}{mode="shadow"}[1h])) > 0`,
    for: '0m',
    severity: 'warning',
    summary: 'Identity tokens are checked and not refused.',
  },
  {
    name: 'NoetlGatewayDocumentDrift',
    expr: `max(${m('document_drift')}) == 1`,
    for: '2h',
    severity: 'warning',
    summary: 'NoETL is another release than the one that the gateway was generated from.',
  },
];

/** A process near its limits. The metrics are those of any Node process, so they are narrowed to the gateway's. */
const process = (memoryMiB: number): readonly Alert[] => [
  {
    name: 'NoetlGatewayMemory',
    expr: `(process_resident_memory_bytes > ${Math.round(memoryMiB * 1024 * 1024 * nearLimit)}) ${ofGateway}`,
    for: '5m',
    severity: 'warning',
    summary: 'A pod is near its memory limit.',
  },
  {
    name: 'NoetlGatewayEventLoop',
    expr: `(nodejs_eventloop_lag_p99_seconds > 0.2) ${ofGateway}`,
    for: '10m',
    severity: 'warning',
    summary: 'A process is busier than one processor core.',
  },
];
