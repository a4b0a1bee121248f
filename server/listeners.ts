import type { ResolvedConfig } from '../core/config/resolved-config.ts';
import type { ExecutableSchema } from '../executor/executable-schema.ts';
import type { DecisionOptions } from '../plugins/noetl-auth/decide-call.ts';
import type { Parts } from './compose.ts';
import { createExecutable } from './executable.ts';
import type { GatewayOptions } from './gateway.ts';
import { createGraphiqlPage } from './graphiql/graphiql-page.ts';
import { createGraphql } from './graphql/create-graphql.ts';
import { fieldRules } from './graphql/field-rules.ts';
import { type Cors, createCors } from './http/cors.ts';
import type { Exchange } from './http/exchange.ts';
import { createHttpListener, type HttpListener, type HttpListenerOptions } from './http/http-listener.ts';
import { createInternalRoutes } from './http/internal-routes.ts';
import { checkOrigin } from './http/origin-check.ts';
import { createPublicRoutes } from './http/public-routes.ts';
import type { Readiness } from './http/readiness.ts';
import type { Live } from './live/open-live.ts';
import { createNoetlApi } from './noetl-api/noetl-api.ts';
import { runtimeContract } from './noetl-api/runtime-contract.ts';
import type { Telemetry } from './observability/telemetry.ts';
import { clientAddress } from './rate-limit/client-address.ts';
import { createRest } from './routes/create-rest.ts';
import { createRequireCaller } from './routes/require-caller.ts';

/** What the public port serves. */
export function createPublicListener(
  options: Required<Pick<GatewayOptions, 'config' | 'sdl' | 'clock'>> &
    Pick<GatewayOptions, 'version' | 'restDocument'>,
  parts: Parts,
  live: Live,
  telemetry: Telemetry,
): HttpListener {
  const { config, sdl, clock } = options;
  const { observe } = telemetry;
  const cors = createCors({
    origins: config.listen.corsAllowedOrigins,
    credentials: config.listen.corsAllowCredentials,
  });
  const ownOrigin = config.listen.publicUrl === undefined ? undefined : new URL(config.listen.publicUrl).origin;
  const executable = createExecutable({ config, sdl, clock, observe, requests: live.service.starts }, parts);
  live.service.follow(executable.executions);
  const deciding = decidingWith(executable, config, parts, telemetry);
  const checkCookieOrigin = (exchange: Exchange) => checkOrigin(exchange.request.headers, cors, ownOrigin);
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
  });
  const documents = {
    contract: runtimeContract({
      version: options.version ?? 'unknown',
      operations: executable.rest,
      auth0: config.auth.contract,
    }),
    openapi: options.restDocument,
  };
  const handle = createPublicRoutes({
    cors,
    graphql,
    graphiql: createGraphiqlPage(),
    rest: createRest({ config, parts, observe, clock, requireCaller, tickets: live.tickets, documents }),
    events: live.events(checkCookieOrigin),
    callback: config.events.callbacks === 'public' ? live.callback : undefined,
    noetlApi: createNoetlApi({
      operations: executable.rest,
      deciding,
      requireCaller,
      maxBodyBytes: config.limits.bodyBytes,
      onError: telemetry.onError,
    }),
    onGraphqlError: telemetry.onError,
  });
  return publicSocket(config, handle, cors, telemetry);
}

function publicSocket(
  config: ResolvedConfig,
  handle: HttpListenerOptions['handle'],
  cors: Cors,
  telemetry: Telemetry,
): HttpListener {
  return createHttpListener({
    handle: telemetry.tracing?.handle(handle) ?? handle,
    clientIp: (request) =>
      clientAddress(request.socket.remoteAddress, request.headers['x-forwarded-for'], config.listen.trustedProxies),
    headersFor: (request) => cors.headersFor(request.headers),
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

/** What every way in decides with: GraphQL and REST alike. */
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
    observe,
    ...(tracing && { trace: tracing.span }),
  };
}

/** What the internal port serves. */
export function createInternalListener(
  parts: Parts,
  live: Live,
  readiness: Readiness,
  telemetry: Telemetry,
): HttpListener {
  return createHttpListener({
    handle: createInternalRoutes({
      readiness,
      metrics: telemetry.metricsPage,
      authCallback: (path, body) => parts.callbacks.handle(path, body),
      isAuthCallback: parts.callbacks.isExpected,
      callback: live.callback,
    }),
    clientIp: (request) => request.socket.remoteAddress ?? '',
    headersFor: () => ({}),
    onError: telemetry.onError,
    onDone: ({ path }, status, ms) => telemetry.observe({ type: 'request', route: path, status, ms }),
  });
}
