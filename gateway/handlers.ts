import type { DecisionOptions } from '../plugins/noetl-auth/decide-call.ts';
import { fieldRules } from './calls/root-fields.ts';
import type { Parts } from './compose.ts';
import type { ResolvedConfig } from './config/gateway-config.ts';
import type { AuditRing } from './console/audit-ring.ts';
import { openConsole } from './console/console.ts';
import type { Replicas } from './console/health.ts';
import type { UpstreamSectionGiven } from './console/sections.ts';
import { createExecutable } from './executable.ts';
import type { GatewayOptions } from './gateway.ts';
import { createGraphql } from './graphql/create-graphql.ts';
import type { Answer } from './http/answer.ts';
import type { Exchange } from './http/exchange.ts';
import { createHttpListener, type HttpListener } from './http/http-listener.ts';
import { type Cors, checkOrigin, createCors, reportRefusedOrigins } from './http/origins.ts';
import type { Readiness } from './http/readiness.ts';
import { createGraphiqlPage } from './http/static-files.ts';
import { clientAddress } from './limits/client-address.ts';
import type { Live } from './live/live-service.ts';
import { createMcp } from './mcp/mcp-route.ts';
import type { Telemetry } from './observe/telemetry.ts';
import type { ExecutableSchema } from './operations/executable-schema.ts';
import type { WatchedPolicy } from './policy/watched-policy.ts';
import { createActionRoutes } from './rest/action-routes.ts';
import { createNoetlApi } from './rest/noetl-api.ts';
import { createRequireCaller, createRest, runtimeContract } from './rest/rest-routes.ts';
import {
  createInternalRoutes,
  createPublicRoutes,
  graphqlAnswer,
  type InternalViews,
  isConsolePath,
} from './routes.ts';

type Handle = (exchange: Exchange) => Promise<Answer>;

/** The handlers of the listeners. */
interface Handlers {
  readonly public: Handle;
  readonly console: Handle;
  readonly cors: Cors;
  readonly replicas: Replicas;
}

interface HandlersOptions
  extends Required<Pick<GatewayOptions, 'config' | 'sdl' | 'clock' | 'version'>>,
    Pick<GatewayOptions, 'restDocument' | 'corsLoopback' | 'policyCases'> {
  /** Absent: the grants of the config. */
  readonly policy: Pick<WatchedPolicy, 'current' | 'state'> | undefined;
  readonly readiness: Readiness;
  readonly upstream: UpstreamSectionGiven | undefined;
  /** The newest audit lines, for the console. */
  readonly auditRing: AuditRing;
}

/** One session, one decision and one audit for all of them. */
export function createHandlers(options: HandlersOptions, parts: Parts, live: Live, telemetry: Telemetry): Handlers {
  const { config, sdl, clock, policy } = options;
  const given = { ...options, grants: policy?.current ?? (() => config.compiledGrants) };
  const { observe } = telemetry;
  // Pages of the gateway's own origin need no CORS, and their cookies count.
  const ownOrigin = config.listen.publicUrl === undefined ? undefined : new URL(config.listen.publicUrl).origin;
  const cors = createCors({
    origins: config.listen.corsAllowedOrigins,
    credentials: config.listen.corsAllowCredentials,
    loopback: given.corsLoopback === true,
    onRefused: reportRefusedOrigins(telemetry.log, ownOrigin),
  });
  const executable = createExecutable({ config, sdl, clock, observe, requests: live.starts }, parts);
  // From here on ends of executions are found without callbacks, too.
  live.follow(executable.executions);
  // One set of options for all of them: two that allow would differ sooner or later (ADR 0017).
  const deciding = { ...decidingWith(executable, config, parts, telemetry), clock };
  const checkCookieOrigin = ({ request }: Exchange) => checkOrigin(request.headers, cors, ownOrigin);
  const requireCaller = createRequireCaller(parts, observe, checkCookieOrigin);
  const graphql = createGraphql({
    config,
    schema: executable.schema,
    deciding,
    sessions: parts.sessions,
    limits: parts.limits,
    observe,
    report: (error, requestId) => telemetry.log.error({ err: error, requestId }, 'an operation failed'),
    cors,
    ownOrigin,
    streams: live.streams,
  });
  // Made once: what is served does not change while the process runs.
  const documents = { contract: contractOf(given, executable), openapi: given.restDocument };
  const routes = createRest({ config, parts, observe, clock, requireCaller, tickets: live.tickets, documents });
  const common = { deciding, requireCaller, maxBodyBytes: config.limits.bodyBytes, onError: telemetry.onError };
  const maxWaitSeconds = Math.floor(config.executions.maxWaitMs / 1_000);
  const actions = createActionRoutes({ ...executable, ...common, run: graphql.run, maxWaitSeconds });
  const rest = (exchange: Exchange) => actions(exchange) ?? routes(exchange);
  const graphqlWay = { graphql: graphql.answer, onGraphqlError: telemetry.onError };
  // The same handlers under the prefix `/console` (ADR 0015).
  const console = openConsole(
    { ...given, executable, parts, telemetry },
    { ...common, rest, graphql: (exchange) => graphqlAnswer(exchange, graphqlWay) },
  );
  const tools = { ...given, executable, parts, telemetry, run: graphql.run, requireCaller };
  const mcp = createMcp({ ...tools, checkOrigin: checkCookieOrigin });
  return {
    cors,
    console: console.handle,
    replicas: console.replicas,
    public: createPublicRoutes({
      cors,
      ...graphqlWay,
      graphiql: createGraphiqlPage(),
      rest,
      events: live.events(checkCookieOrigin),
      // On the internal port in any case; here only by config (ADR 0009).
      callback: config.events.callbacks === 'public' ? live.callback : undefined,
      noetlApi: createNoetlApi({ ...common, operations: executable.rest }),
      mcp,
      console: config.console.public ? console.handle : undefined,
    }),
  };
}

function contractOf({ config, version }: HandlersOptions, { rest: operations }: ExecutableSchema) {
  const served = { events: config.events.enabled, mcp: config.mcp.enabled };
  return runtimeContract({ version, operations, auth0: config.auth.contract, served });
}

/** The inputs of decisions, for GraphQL and REST alike. */
function decidingWith(
  executable: ExecutableSchema,
  { limits }: ResolvedConfig,
  { checker }: Parts,
  { observe, tracing }: Telemetry,
): DecisionOptions {
  return {
    rules: fieldRules(executable.rootFields),
    checker,
    executionPath: (id, { caller, requestId }) =>
      executable.pathOfExecution(id, { requestId, user: caller.session.user }),
    unbrokenRun: limits.unbrokenRun,
    resolvers: 'gateway',
    observe,
    ...(tracing && { trace: tracing.span }),
  };
}

/** The listeners of the two ports. */
export const createListeners = (
  handlers: Handlers,
  live: Live,
  views: InternalViews,
  config: ResolvedConfig,
  telemetry: Telemetry,
) => ({
  public: createPublicListener(handlers, config, telemetry),
  internal: createInternalListener(handlers, live, views, telemetry),
});

/** The listener of the public port. Addresses of callers are those behind the configured proxies. */
function createPublicListener(handlers: Handlers, config: ResolvedConfig, telemetry: Telemetry): HttpListener {
  return createHttpListener({
    handle: telemetry.tracing?.handle(handlers.public) ?? handlers.public,
    clientIp: (request) =>
      clientAddress(request.socket.remoteAddress, request.headers['x-forwarded-for'], config.listen.trustedProxies),
    headersFor: (request) => handlers.cors.headersFor(request.headers),
    onError: telemetry.onError,
    onDone: telemetry.onDone,
    limits: {
      connections: config.limits.connections,
      connectionsPerAddress: config.limits.connectionsPerAddress,
      isBehindProxy: config.listen.trustedProxies > 0,
      requestBytes: config.limits.requestBytesInFlight,
      responseBytes: config.limits.responseBytesInFlight,
    },
  });
}

/** The listener of the internal port. */
function createInternalListener(
  handlers: Handlers,
  live: Live,
  views: InternalViews,
  telemetry: Telemetry,
): HttpListener {
  return createHttpListener({
    handle: createInternalRoutes({
      views,
      console: telemetry.tracing?.handle(handlers.console) ?? handlers.console,
      callback: live.callback,
    }),
    // No proxy is expected in front of this port, so no header is believed.
    clientIp: (request) => request.socket.remoteAddress ?? '',
    headersFor: () => ({}),
    onError: telemetry.onError,
    onDone(exchange, status, ms, answer) {
      const { path } = exchange;
      // People use the console, so its requests are logged; probes, scrapes and callbacks are only counted.
      if (isConsolePath(path)) telemetry.onDone(exchange, status, ms, answer);
      else telemetry.observe({ type: 'request', route: path, status, ms });
    },
  });
}
