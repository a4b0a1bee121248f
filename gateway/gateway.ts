import { type DocumentNode, GraphQLError, parse } from 'graphql';
import type { Clock } from '../plugins/clock.ts';
import { GatewayError } from '../plugins/errors.ts';
import { type OwnPaths, ownPathsOf } from '../plugins/noetl/own-paths.ts';
import { observedStore } from '../plugins/noetl-auth/session/session-store.ts';
import { compose, type Parts } from './compose.ts';
import { isGatewayRow } from './config/gateway-config.ts';
import { trustWarnings } from './config/resolve-config.ts';
import { createAuditRing } from './console/audit-ring.ts';
import type { GatewayOptions } from './gateway-options.ts';
import type { HttpListener } from './http/http-listener.ts';
import { createReadiness } from './http/readiness.ts';
import { createListeners } from './listeners.ts';
import { openLive } from './live/live-service.ts';
import { createLoginReadiness, type LoginReadiness } from './login-readiness.ts';
import { createTelemetry } from './observe/telemetry.ts';
import { tracedParts } from './observe/tracing.ts';
import { routeOf } from './operations/root-call.ts';
import { pairRootFields, plansOf, type RootField } from './operations/root-fields.ts';
import { takePorts } from './take-ports.ts';
import type { UpstreamClient } from './upstream/undici-upstream.ts';
import { probeUpstream } from './upstream/upstream-probe.ts';
import { followPolicy, watchDrift } from './watches.ts';
import { createWaysIn } from './ways-in.ts';

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
  const { fields } = pairRootFields(readSdl(options.sdl), config.operations);
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
  const upstream = options.drift && watchDrift(options.drift, parts, readiness, telemetry);
  const live = openLive({ config, clock, version }, parts, telemetry);
  const given = { ...options, config, clock, version, policy, readiness, upstream, auditRing };
  const ways = createWaysIn(given, parts, live, telemetry);
  const views = { readiness, telemetry, callbacks: parts.callbacks };
  const listeners = createListeners(ways, live, views, config, telemetry);
  telemetry.watch(liveNumbers(parts.upstream, listeners));
  return {
    async listen() {
      const ports = await takePorts(config.listen, listeners);
      telemetry.log.info({ ...ports, bind: config.listen.bind, mode: config.mode }, 'listening');
      tracing?.start(telemetry.metricsJson, telemetry.log);
      void upstream?.watch.look();
      login.readIssuers(parts);
      ways.replicas.start();
      return ports;
    },
    async stop() {
      telemetry.log.info('stopping: no new work');
      // First not ready, so that the Service sends no new requests while the old ones finish.
      for (const running of [readiness, upstream?.watch, ways.replicas, policy, live]) running?.stop();
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
const closeParts = ({ upstream, store, liveStore, limits, closeUserLimits }: Parts) =>
  Promise.allSettled([upstream.close(), store.close(), liveStore.close(), limits.close(), closeUserLimits()]);

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
