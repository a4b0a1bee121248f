import { type Aggregator, Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { errorCodes } from '../../plugins/errors.ts';
import type { GatewayEvent } from '../../plugins/observe.ts';
import type { CallClass } from '../../plugins/ports.ts';
import type { DependencyState } from './dependencies.ts';
import {
  callClasses,
  counters,
  documentStates,
  durationBuckets,
  everySeries,
  gauges,
  readyChecks,
  requestRoutes,
  statusClasses,
  storeOperations,
} from './metrics-catalog.ts';

export interface MetricsOptions {
  /** Of the gateway. */
  readonly version: string;
  /** Path templates of upstream calls, as their call plans name them; calls to others are counted as `other`. */
  readonly upstreamRoutes: readonly string[];
  /** Root fields of the generated schema. */
  readonly fields?: readonly string[];
  /** Also memory, CPU and event loop of the process. */
  readonly processMetrics: boolean;
}

/** As prom-client has them. */
export type MetricsJson = Awaited<ReturnType<Registry['getMetricsAsJSON']>>;

/** The numbers of one process. */
export interface Metrics {
  /** Content type of {@link Metrics.text}. */
  readonly contentType: string;
  /** All series in Prometheus' text format; every one exists from the start, at zero. */
  text(): Promise<string>;
  json(): Promise<MetricsJson>;
  /** Counts. No label ever has an id or a text from outside. */
  record(event: GatewayEvent): void;
  /** Adds gauges that are read when they are scraped. Once. */
  watch(numbers: LiveNumbers): void;
}

/** Numbers of the running process, read when they are scraped: they cost requests nothing. */
export interface LiveNumbers {
  /** Requests in progress and open connections, by listener. */
  readonly listeners: () => Readonly<Record<'public' | 'internal', { inFlight: number; connections: number }>>;
  /** Calls to NoETL in flight and waiting for a place, by class. */
  readonly calls: () => Readonly<Record<CallClass, { readonly running: number; readonly waiting: number }>>;
  /** `class route` of every circuit breaker that is not closed. */
  readonly openBreakers: () => readonly string[];
  /** Every dependency that was seen so far. */
  readonly dependencies: () => readonly DependencyState[];
}

/**
 * Numbers of one gateway, in a registry of their own, so that two gateways in one process, as in tests, do not add up.
 */
export function createMetrics({ version, upstreamRoutes, fields = [], processMetrics }: MetricsOptions): Metrics {
  const registry = new Registry();
  if (processMetrics) collectDefaultMetrics({ register: registry });
  const record = createRecorder(registry, upstreamRoutes, fields);
  gauge(registry, 'build_info', 'Version.', ['version'], 'first').set({ version }, 1);
  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    json: () => registry.getMetricsAsJSON(),
    watch: (numbers) => registerLiveGauges(registry, numbers),
    record,
  };
}

function createRecorder(registry: Registry, upstreamRoutes: readonly string[], fields: readonly string[]) {
  const count = createCounters(registry);
  const change = createGauges(registry);
  const request = traffic(registry, 'request', 'Exchanges with callers.', requestRoutes);
  const inField = durations(registry, 'field', 'field', 'Root fields, whatever way they were asked for.', [
    ...fields,
    'other',
  ]);
  const inStore = durations(registry, 'store', 'operation', 'Calls to the session store.', storeOperations);
  const graphqlError = createErrorCounter(registry, fields);
  const ready = gauge(registry, 'ready_check', '0 while the last readiness check of it failed.', ['check'], 'min');
  // 1 before the first check: an alert on 0 must not fire at each start.
  for (const check of readyChecks) ready.set({ check }, 1);
  const documentChecked = createDocumentGauges(registry);
  const upstream = traffic(registry, 'upstream_request', 'Calls to NoETL.', [...upstreamRoutes, 'other']);
  return (event: GatewayEvent) => {
    switch (event.type) {
      case 'request':
        return request(event.route, event.status, event.ms);
      case 'upstream_call':
        return upstream(event.route, event.status, event.ms);
      case 'field':
        return inField(event.field, event.ms);
      case 'store_call':
        return inStore(event.operation, event.ms);
      case 'graphql_error':
        return graphqlError(event.field ?? 'none', event.code);
      case 'ready_check':
        return ready.set({ check: event.check }, event.isOk ? 1 : 0);
      case 'document_checked':
        return documentChecked(event.state);
      case 'stream':
        return change('streams', event.state === 'opened' ? 1 : -1);
      case 'validation':
        return recordValidation(event.state, change, count);
      default:
        return countEvent(event, count);
    }
  };
}

type Count = (counter: keyof typeof counters, labels?: Readonly<Record<string, string>>, by?: number) => void;
type Change = (gauge: keyof typeof gauges, by: number) => void;

/** Steps of the counters. Labels are of a closed list: no id and no text from outside becomes one. */
function countEvent(event: GatewayEvent, count: Count) {
  switch (event.type) {
    case 'login':
      return count('logins', { outcome: event.outcome });
    case 'logout':
      return count('logouts', { scope: event.all ? 'all' : 'session' });
    case 'sessions_ended':
      return count('sessionsEnded', { by: event.by, outcome: event.outcome });
    case 'session_check':
      count('sessionChecks', { outcome: event.outcome });
      // A layer is known for sessions that were found.
      if (event.outcome === 'ok' && event.layer !== undefined) count('sessionHits', { layer: event.layer });
      return;
    case 'session_cache_failed':
      return count('sessionCacheFailures', { stage: event.stage });
    case 'store_error':
      return count('storeErrors', { operation: oneOf(storeOperations, event.operation) });
    case 'identity_token':
      count('identityTokens', { outcome: event.outcome, mode: event.mode });
      return count('droppedRoles', {}, event.droppedRoles?.length ?? 0);
    case 'decision':
      return count('decisions', { outcome: event.outcome });
    case 'callback_refused':
      // A late callback is not an attack and not a defect: a login or a check had given up waiting.
      if (event.reason === 'late') return count('callbacksUndelivered');
      return count('callbacksRefused', { reason: event.reason });
    case 'auth_cancel_failed':
      return count('authCancelFailures');
    case 'rate_limited':
      return count('rateLimited', { route: event.route });
    case 'upstream_shed':
      return count('upstreamShed', { class: event.class, reason: event.reason });
    case 'breaker':
      // Only openings count; half-open and closed follow from them.
      return event.state === 'open' ? count('breakerOpened', { class: event.class }) : undefined;
    case 'error_answer':
      return count('errorAnswers', { code: event.code });
    case 'auth_playbook':
      return count('authPlaybooks', { outcome: event.outcome });
    case 'policy_file':
      return count('policyFile', { outcome: event.outcome });
    case 'lines_dropped':
      return count('linesDropped', { from: event.from }, event.count);
    default:
      return undefined;
  }
}

function recordValidation(state: (GatewayEvent & { type: 'validation' })['state'], change: Change, count: Count) {
  switch (state) {
    case 'started':
      count('validations');
      return change('validationsRunning', 1);
    case 'finished':
      return change('validationsRunning', -1);
    case 'waiting':
      return change('validationsWaiting', 1);
    case 'resumed':
      return change('validationsWaiting', -1);
    case 'shed':
      return count('validationsShed');
  }
}

const oneOf = (values: readonly string[], value: string): string => (values.includes(value) ? value : 'other');

function createCounters(registry: Registry): Count {
  const byKey = new Map(
    Object.entries(counters).map(([key, { name, help, labels }]) => {
      const counter = new Counter({ name, help, labelNames: Object.keys(labels), registers: [registry] });
      for (const series of everySeries(labels)) counter.inc(series, 0);
      return [key, counter] as const;
    }),
  );
  return (key, labels = {}, by = 1) => byKey.get(key)?.inc(labels, by);
}

function createGauges(registry: Registry): Change {
  const byKey = new Map(
    Object.entries(gauges).map(([key, { name, help }]) => [key, new Gauge({ name, help, registers: [registry] })]),
  );
  return (key, by) => byKey.get(key)?.inc(by);
}

/** All are 0 before the first look. What cannot be looked at leaves `document_drift`: it proves nothing about the API. */
function createDocumentGauges(registry: Registry) {
  const drift = gauge(registry, 'document_drift', '1 while NoETL’s API differs from the pulled document.', [], 'max');
  const help = '1 for what the last look at NoETL’s API found.';
  const check = gauge(registry, 'document_check', help, ['state'], 'max');
  for (const state of documentStates) check.set({ state }, 0);
  return (found: (typeof documentStates)[number]): void => {
    for (const state of documentStates) check.set({ state }, state === found ? 1 : 0);
    if (found !== 'not checked') drift.set(found === 'differs' ? 1 : 0);
  };
}

type Rows = readonly (readonly [labels: Readonly<Record<string, string>>, value: number])[];

/** @param rows read at each scrape; a series that is gone must not stay at its last number */
function gauge(
  registry: Registry,
  name: string,
  help: string,
  labelNames: readonly string[],
  aggregator: Aggregator,
  rows?: () => Rows,
): Gauge {
  const collect = function collect(this: Gauge) {
    this.reset();
    for (const [labels, value] of rows?.() ?? []) this.set(labels, value);
  };
  return new Gauge({
    name: `noetl_gateway_${name}`,
    help,
    labelNames,
    aggregator,
    registers: [registry],
    ...(rows !== undefined && { collect }),
  });
}

/** A histogram with one label; values outside of the list are `other`. */
function durations(registry: Registry, what: string, label: string, help: string, values: readonly string[]) {
  const histogram = new Histogram({
    name: `noetl_gateway_${what}_duration_seconds`,
    help: `${help} How long they took.`,
    labelNames: [label],
    buckets: durationBuckets,
    registers: [registry],
  });
  const known = new Set(values);
  for (const value of known) histogram.zero({ [label]: value });
  return (value: string, ms: number): void => {
    histogram.observe({ [label]: known.has(value) ? value : 'other' }, ms / 1_000);
  };
}

type Status = number | 'timeout' | 'error';

const statusNames = new Set<string>(statusClasses);

/** A counter by route and status, and a histogram by route. */
function traffic(registry: Registry, what: string, help: string, routes: readonly string[]) {
  const measure = durations(registry, what, 'route', help, routes);
  const counter = new Counter({
    name: `noetl_gateway_${what}s_total`,
    help: `${help} By route and status.`,
    labelNames: ['route', 'status'],
    registers: [registry],
  });
  for (const series of everySeries({ route: [...new Set(routes)], status: statusClasses })) counter.inc(series, 0);
  const known = new Set(routes);
  return (route: string, status: Status, ms: number): void => {
    const measured = known.has(route) ? route : 'other';
    const label = typeof status === 'number' ? `${Math.floor(status / 100)}xx` : status;
    if (statusNames.has(label)) counter.inc({ route: measured, status: label });
    measure(measured, ms);
  };
}

/** Not all series from the start: there are as many as fields times codes. Those of the whole request are. */
function createErrorCounter(registry: Registry, fields: readonly string[]) {
  const counter = new Counter({
    name: 'noetl_gateway_graphql_errors_total',
    help: 'Errors in GraphQL answers by root field and code; field="none": the request as a whole.',
    labelNames: ['field', 'code'],
    registers: [registry],
  });
  const codes = [...errorCodes, 'other'];
  const names = [...fields, 'none'];
  for (const code of codes) counter.inc({ field: 'none', code }, 0);
  return (field: string, code: string): void => counter.inc({ field: oneOf(names, field), code: oneOf(codes, code) });
}

function registerLiveGauges(registry: Registry, numbers: LiveNumbers): void {
  const ofListeners = (of: 'inFlight' | 'connections') => (): Rows =>
    Object.entries(numbers.listeners()).map(([listener, one]) => [{ listener }, one[of]]);
  const ofClasses = (ofClass: (name: CallClass) => number) => (): Rows =>
    callClasses.map((name) => [{ class: name }, ofClass(name)]);
  gauge(registry, 'requests_in_flight', 'Requests in progress.', ['listener'], 'sum', ofListeners('inFlight'));
  gauge(registry, 'connections', 'Open connections of callers.', ['listener'], 'sum', ofListeners('connections'));
  const running = ofClasses((name) => numbers.calls()[name].running);
  gauge(registry, 'upstream_in_flight', 'Calls to NoETL in flight.', ['class'], 'sum', running);
  const waiting = ofClasses((name) => numbers.calls()[name].waiting);
  gauge(registry, 'upstream_waiting', 'Calls to NoETL that wait for a place.', ['class'], 'sum', waiting);
  // Counted by class: names of routes would be series without a bound.
  const open = ofClasses((name) => numbers.openBreakers().filter((one) => one.startsWith(`${name} `)).length);
  gauge(registry, 'breakers_open', 'Circuit breakers that are not closed, by class of calls.', ['class'], 'max', open);
  const up = () => numbers.dependencies().map(({ name, of, isUp }) => [{ name, of }, isUp ? 1 : 0] as const);
  const help = '1 while the dependency answers. By name, and which of that name.';
  gauge(registry, 'dependency_up', help, ['name', 'of'], 'min', up);
}
