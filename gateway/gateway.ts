import { type DocumentNode, GraphQLError, parse } from 'graphql';
import type { Clock } from '../plugins/clock.ts';
import { GatewayError } from '../plugins/errors.ts';
import { observedStore } from '../plugins/noetl-auth/session/session-store.ts';
import type { Upstream } from '../plugins/ports.ts';
import { type OwnPaths, ownPathsOf } from './calls/call-plan.ts';
import { pairRootFields, plansOf, type RootField, routeOf } from './calls/root-fields.ts';
import type { RouteProbe } from './calls/route-probe.ts';
import { compose, type Parts } from './compose.ts';
import { isGatewayRow, type ResolvedConfig } from './config/gateway-config.ts';
import { trustWarnings } from './config/resolve-config.ts';
import { createAuditRing } from './console/audit-ring.ts';
import { createHandlers, createListeners } from './handlers.ts';
import type { HttpListener } from './http/http-listener.ts';
import { createReadiness, type Readiness } from './http/readiness.ts';
import { openLive } from './live/live-service.ts';
import { createLoginReadiness, type LoginReadiness } from './login-readiness.ts';
import { createTelemetry, type Telemetry } from './observe/telemetry.ts';
import { type Tracing, tracedParts } from './observe/tracing.ts';
import { routeProbesOf } from './operations/route-probes.ts';
import { type WatchedPolicy, watchPolicy } from './policy/watched-policy.ts';
import { checkDocument, type DocumentCheck, type DocumentCheckOptions, driftText } from './upstream/document-check.ts';
import { createDriftWatch, type DriftWatch, probeUpstream, type UpstreamKnowledge } from './upstream/drift-watch.ts';
import type { UpstreamClient } from './upstream/upstream.ts';

/** What NoETL's API is compared with. */
export type PulledKnowledge = Pick<DocumentCheckOptions, 'lockedHash' | 'hashOf'> & UpstreamKnowledge;

/** The inputs of a process: a config, a schema, and options that only some starts have. */
export interface GatewayOptions {
  readonly config: ResolvedConfig;
  /** The generated schema with its call instructions. */
  readonly sdl: string;
  readonly warnings?: readonly string[];
  /** Logs for a person instead of JSON lines. */
  readonly pretty?: boolean;
  /** A file with grants that take the place of those of the config, and that is followed while the gateway runs. */
  readonly policyFile?: string;
  /** The text of the project's file of policy cases at this moment, for the console; undefined: there is no file. */
  readonly policyCases?: () => Promise<string | undefined>;
  /** Pages of this machine may read answers, whatever their port. For development. */
  readonly corsLoopback?: boolean;
  /** To compare NoETL's live document with the pulled one; absent: no comparison. */
  readonly drift?: PulledKnowledge;
  /** Of the package; shown in the metrics. */
  readonly version?: string;
  /** OpenAPI of the REST calls, as YAML, for callers with a session. */
  readonly restDocument?: string;
  readonly clock?: Clock;
  /** Traces and metrics for a collector; absent: no tracing, at no cost. */
  readonly tracing?: Tracing;
}

/**
 * Opens both listeners.
 * @returns the ports that they got
 * @throws ERR_CONFIG_INVALID with one problem for each port that is not available
 */
export async function takePorts(
  { bind, port, internalPort }: Pick<ResolvedConfig['listen'], 'bind' | 'port' | 'internalPort'>,
  listeners: Readonly<Record<'public' | 'internal', Pick<HttpListener, 'listen'>>>,
): Promise<{ readonly port: number; readonly internalPort: number }> {
  // Both are tried, so that both problems are reported at once.
  const [first, second] = await Promise.allSettled([
    listeners.internal.listen(internalPort, bind),
    listeners.public.listen(port, bind),
  ]);
  if (first.status === 'fulfilled' && second.status === 'fulfilled') {
    return { port: second.value, internalPort: first.value };
  }
  const problems = [
    ...(first.status === 'rejected' ? [problemOf(first.reason, bind, internalPort, 'GATEWAY_INTERNAL_PORT')] : []),
    ...(second.status === 'rejected' ? [problemOf(second.reason, bind, port, 'ROUTER_PORT')] : []),
  ];
  throw new GatewayError('ERR_CONFIG_INVALID', 'the gateway cannot listen', { problems });
}

function problemOf(error: unknown, bind: string, port: number, variable: string): string {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'EADDRINUSE':
      return `${bind}:${port} is taken: stop the program that uses the port, or set ${variable} to another port`;
    case 'EACCES':
      return `${bind}:${port} is reserved: set ${variable} to a port above 1023`;
    default:
      return `${bind} is not an address of this machine: set GATEWAY_BIND to one, for example 127.0.0.1`;
  }
}

/** Grants from a file, followed while the gateway runs. @throws ERR_POLICY_INVALID when the file is refused at the start */
export async function followPolicy(
  { config, policyFile }: { readonly config: ResolvedConfig; readonly policyFile?: string },
  { observe, log }: Telemetry,
): Promise<WatchedPolicy | undefined> {
  if (policyFile === undefined) return undefined;
  const { auth, adapters } = config;
  // A file that decides nothing is a mistake that is easily overlooked, and no reason not to start.
  if ((auth.access.checker !== 'local' || adapters.accessChecker !== undefined) && auth.access.combine !== 'both') {
    log.warn(
      {},
      "GATEWAY_POLICY_FILE has no effect: the configured access checker decides alone; set auth.access.combine to 'both'",
    );
  }
  return watchPolicy({
    file: policyFile,
    roles: config.roles,
    reserved: config.compiledGrants.reserved,
    observe,
    report(outcome, problems) {
      if (outcome === 'applied') log.info({ warnings: problems }, 'the policy file has changed: its grants count now');
      else log.error({ problems }, 'the policy file is refused: the grants before it still count');
    },
  });
}

/**
 * NoETL's API of now against the pulled document, looked at once.
 * @returns undefined where no document was pulled
 * @throws ERR_CONFIG_INVALID where the schema cannot be read
 */
export async function lookForDrift(
  { drift, sdl, config }: Pick<GatewayOptions, 'drift' | 'sdl' | 'config'>,
  upstream: Upstream,
): Promise<DocumentCheck | undefined> {
  if (drift === undefined) return undefined;
  const document = readSdl(sdl);
  const probes = routeProbesOf(document, pairRootFields(document, config.operations).fields);
  return checkDocument({ ...drift, upstream, probes });
}

/** Compares NoETL's API with the pulled document, and notes what it finds. */
export function watchDrift(
  knowledge: PulledKnowledge,
  probes: readonly RouteProbe[],
  { upstream }: Parts,
  readiness: Readiness,
  { observe, log }: Telemetry,
): { readonly watch: DriftWatch; readonly knowledge: UpstreamKnowledge } {
  const watch = createDriftWatch({
    check: () => checkDocument({ ...knowledge, upstream, probes }),
    observe,
    // For `/ready` as a note: drift stops nothing.
    notify(found) {
      readiness.note('document', driftText(found));
      log[found.state === 'differs' ? 'warn' : 'info']({ drift: found.state }, found.text);
    },
  });
  return { watch, knowledge };
}

/** Paths that the gateway calls for itself: logins, validations, looking at executions, readiness. */
const ownRoutes = ({ execute, executions }: OwnPaths): readonly string[] => [
  execute,
  executions,
  `${executions}/{execution_id}`,
  `${executions}/{execution_id}/status`,
  `${executions}/{execution_id}/cancel`,
  '/api/auth/login',
  '/api/auth/session/validate',
  '/api/auth/check-playbook-access',
  '/openapi.json',
];

/** A gateway that is ready to listen. */
export interface Gateway {
  /** @returns the ports it got. @throws ERR_CONFIG_INVALID when a port is taken or the address is not ours */
  listen(): Promise<{ readonly port: number; readonly internalPort: number }>;
  /** Not ready, no new work, finish what is in flight, close everything. */
  stop(): Promise<void>;
  /** Writes the lines that wait, for a process that ends now. */
  flushNow(): void;
}

/**
 * Builds the whole process from a resolved config and the generated schema.
 * @throws ERR_POLICY_INVALID when the schema does not match the config
 */
export async function createGateway(options: GatewayOptions): Promise<Gateway> {
  const { clock = Date.now, version = 'unknown', tracing, config } = options;
  // Before anything is opened: a schema that does not fit the config stops the start without a connection.
  const document = readSdl(options.sdl);
  const { fields } = pairRootFields(document, config.operations);
  const own = ownPathsOf(plansOf(fields));
  const auditRing = createAuditRing();
  const telemetry = createTelemetry({
    config,
    version,
    upstreamRoutes: upstreamRoutes(fields, own),
    fields: [...fields.keys()],
    pretty: options.pretty === true,
    clock,
    onAuditLine: auditRing.add,
    tracing,
  });
  for (const warning of [...(options.warnings ?? []), ...trustWarnings(config)]) telemetry.log.warn(warning);
  const policy = await followPolicy(options, telemetry);
  const login = createLoginReadiness(config, clock, telemetry.observe);
  const composed = await compose(config, clock, login.observe, own, policy?.current, tracing);
  const parts = tracing === undefined ? composed : tracedParts(composed, tracing);
  const readiness = readinessOf(parts, own, login, clock);
  const upstream =
    options.drift && watchDrift(options.drift, routeProbesOf(document, fields), parts, readiness, telemetry);
  const live = openLive({ config, clock, version }, parts, telemetry);
  const given = { ...options, config, clock, version, policy, readiness, upstream, auditRing };
  const handlers = createHandlers(given, parts, live, telemetry);
  const views = { readiness, telemetry, callbacks: parts.callbacks };
  const listeners = createListeners(handlers, live, views, config, telemetry);
  telemetry.watch(liveNumbers(parts.upstream, listeners));
  return {
    async listen() {
      const ports = await takePorts(config.listen, listeners);
      telemetry.log.info({ ...ports, bind: config.listen.bind, mode: config.mode }, 'listening');
      tracing?.start(telemetry.metricsJson, telemetry.log);
      void upstream?.watch.look();
      login.readIssuers(parts);
      handlers.replicas.start();
      return ports;
    },
    async stop() {
      telemetry.log.info('stopping: no new work');
      // First not ready, so that the Service sends no new requests while the old ones finish.
      for (const running of [readiness, upstream?.watch, handlers.replicas, policy, live]) running?.stop();
      const finished = await listeners.public.drain(config.listen.drainMs);
      // After the public one: requests in work may wait for callbacks.
      await listeners.internal.drain(500);
      await closeParts(parts);
      await tracing?.stop();
      telemetry.log.info({ finished }, 'stopped');
      await telemetry.flush();
    },
    flushNow: telemetry.flushNow,
  };
}

/** Each is closed, whatever the others do. */
const closeParts = ({ upstream, store, liveStore, limits }: Parts) =>
  Promise.allSettled([upstream.close(), store.close(), liveStore.close(), limits.close()]);

/** The dependencies that must answer for requests to succeed. */
function readinessOf(parts: Parts, { executions }: OwnPaths, login: LoginReadiness, clock: Clock) {
  const { upstream } = parts;
  const store = observedStore(parts.store, login.observe);
  const probes = [
    { name: 'upstream', probe: () => probeUpstream(upstream, executions) },
    { name: 'store', probe: async () => void (await store.ping()) },
    ...login.probes(parts),
  ];
  return createReadiness(probes, clock, login.observe);
}

/** Templates of every path that is called, so that each has its series from the start. */
function upstreamRoutes(fields: ReadonlyMap<string, RootField>, own: OwnPaths): string[] {
  const planned = [...fields.values()].flatMap(({ row }) => (isGatewayRow(row) ? [] : [routeOf(row)]));
  return [...new Set([...planned, ...ownRoutes(own)])];
}

/** @throws ERR_CONFIG_INVALID where the text is not a schema, for example after a merge */
function readSdl(sdl: string): DocumentNode {
  try {
    return parse(sdl, { noLocation: true });
  } catch (cause) {
    const { line } = (cause instanceof GraphQLError ? cause.locations?.[0] : undefined) ?? { line: 1 };
    const why = cause instanceof Error ? cause.message : 'it cannot be read';
    throw new GatewayError('ERR_CONFIG_INVALID', 'the generated schema is not valid', {
      problems: [`mesh/generated/schema.graphql:${line}: ${why}; run: noetl-gateway generate`],
      cause,
    });
  }
}

/** The numbers that are read when metrics are scraped. */
function liveNumbers(upstream: UpstreamClient, listeners: Readonly<Record<'public' | 'internal', HttpListener>>) {
  const numbersOf = (one: HttpListener) => ({ inFlight: one.inFlight(), connections: one.connections() });
  return {
    listeners: () => ({ public: numbersOf(listeners.public), internal: numbersOf(listeners.internal) }),
    calls: upstream.load,
    openBreakers: upstream.openBreakers,
  };
}
