import type { IncomingHttpHeaders } from 'node:http';
import type { GraphQLSchema } from 'graphql';
import { createYoga, type GraphQLParams } from 'graphql-yoga';
import type { Caller } from '../../plugins/call-context.ts';
import {
  type ErrorRenderingOptions,
  resultRendering,
  useErrorRendering,
} from '../../plugins/error-rendering/use-error-rendering.ts';
import { createAuthenticator } from '../../plugins/noetl-auth/authenticator.ts';
import type { DecisionOptions } from '../../plugins/noetl-auth/decide-call.ts';
import { guardRootResolvers } from '../../plugins/noetl-auth/guard-root-resolvers.ts';
import { tokenFromRequest } from '../../plugins/noetl-auth/session/session-token.ts';
import { useNoetlAuth } from '../../plugins/noetl-auth/use-noetl-auth.ts';
import type { Observe } from '../../plugins/observe.ts';
import type { Sessions } from '../../plugins/ports.ts';
import { useQueryLimits } from '../../plugins/query-limits/use-query-limits.ts';
import type { ResolvedConfig } from '../config/gateway-config.ts';
import { isAroundRequest } from '../config/plugins.ts';
import type { AnswerStream } from '../http/answer.ts';
import { type Answer, graphqlErrorAnswer } from '../http/answer.ts';
import type { Exchange } from '../http/exchange.ts';
import { headersOf, readHeaderOf } from '../http/exchange.ts';
import type { Cors } from '../http/origins.ts';
import { checkOrigin } from '../http/origins.ts';
import { readBody, requireJson } from '../http/read-body.ts';
import { guessLimit, type RateLimits } from '../limits/rate-limits.ts';
import type { StreamLimits } from '../live/events-route.ts';
import { createDocumentCaches, useCompiledOperations } from './compiled-operations.ts';
import { contentTypeOf, createPipeline } from './pipeline.ts';
import { type GraphqlServerContext, measuredAs, useRequestParams } from './request-params.ts';

/** Whether Yoga answers with server-sent events: a subscription that began. */
const isEventStream = ({ headers, body }: Response): boolean =>
  body !== null && (headers.get('content-type') ?? '').startsWith('text/event-stream');

/** The answer to a subscription: events as Yoga writes them (GraphQL over SSE, one connection each), within the limits of streams. */
function streamAnswer(
  response: Response,
  userId: string,
  { clientIp }: { readonly clientIp: string },
  { streams, observe }: { readonly streams: StreamLimits; readonly observe: Observe },
): Answer {
  const reader = response.body?.getReader();
  let leave: () => void;
  try {
    // The stream has begun by then, so it is ended where there is no place for it.
    leave = streams.enter(userId, clientIp);
  } catch (error) {
    void reader?.cancel().catch(() => {});
    return graphqlErrorAnswer(error);
  }
  return {
    status: response.status,
    headers: {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache',
      'x-accel-buffering': 'no',
    },
    body: '',
    async stream(out) {
      observe({ type: 'stream', state: 'opened' });
      try {
        if (reader !== undefined) await copy(reader, out);
      } finally {
        leave();
        observe({ type: 'stream', state: 'closed' });
      }
    },
  };
}

type Reader = ReadableStreamDefaultReader<Uint8Array>;

/** Copies until the source ends; when the caller leaves, so does the source. */
async function copy(reader: Reader, out: AnswerStream): Promise<void> {
  const cancel = () => void reader.cancel().catch(() => {});
  out.signal.addEventListener('abort', cancel, { once: true });
  try {
    while (!out.signal.aborted) {
      const { done, value } = await reader.read();
      if (done || !(await out.write(value))) return;
    }
  } finally {
    out.signal.removeEventListener('abort', cancel);
    cancel();
  }
}

interface GraphqlOptions {
  readonly config: ResolvedConfig;
  readonly schema: GraphQLSchema;
  readonly deciding: DecisionOptions;
  readonly sessions: Sessions;
  readonly limits: RateLimits;
  readonly observe: Observe;
  readonly report: ErrorRenderingOptions['report'];
  readonly cors: Cors;
  readonly streams: StreamLimits;
  /** The gateway's own public origin, when it is configured. */
  readonly ownOrigin: string | undefined;
}

/** Runs parameters of a caller who has been authenticated elsewhere. The answer is that of `/graphql`. */
export type RunKnown = (exchange: Exchange, caller: Caller, params: GraphQLParams) => Promise<Answer>;

/** `/graphql`, and the same for a caller who has been authenticated elsewhere. */
interface GraphqlWay {
  readonly answer: (exchange: Exchange) => Promise<Answer>;
  readonly run: RunKnown;
}

const jsonRequest = { method: 'POST', headers: { 'content-type': 'application/json', accept: 'application/json' } };

/** Answers `/graphql`: Yoga with the gateway's plugins, then the platform's own. */
export function createGraphql(options: GraphqlOptions): GraphqlWay {
  const { config, cors, ownOrigin } = options;
  const rendering = renderingOf(options);
  const yoga = createServer(options, rendering);

  const throughYoga = async (request: Request, context: GraphqlServerContext): Promise<Answer> => {
    const response = await yoga.fetch(request, context);
    const { record } = context;
    if (record.bodyError !== undefined) return graphqlErrorAnswer(record.bodyError);
    const userId = record.caller?.session.user.userId;
    if (isEventStream(response) && userId !== undefined) return streamAnswer(response, userId, context, options);
    return {
      status: response.status,
      headers: { 'cache-control': 'no-store', ...endToEnd(response.headers) },
      body: await response.text(),
      ...measuredAs(record),
    };
  };
  const requestOf = (exchange: Exchange): Request =>
    new yoga.fetchAPI.Request(`http://gateway.invalid/graphql${exchange.search}`, {
      method: exchange.method,
      headers: headersOf(exchange.request),
    });
  const contextOf = (exchange: Exchange) => serverContext(exchange, options);
  const pipeline = createPipeline({
    engine: yoga,
    authenticate: createAuthenticator(options),
    throughYoga,
    finish: resultRendering(rendering),
  });
  const hasNoHttpHooks = !config.plugins.some(isAroundRequest);

  const run: RunKnown = async (exchange, caller, params) => {
    // Rules and plugins see the headers of the caller.
    const headers = { ...headersOf(exchange.request), ...jsonRequest.headers };
    const request = new yoga.fetchAPI.Request('http://gateway.invalid/graphql', { ...jsonRequest, headers });
    return throughYoga(request, { ...contextOf(exchange), record: { caller, params } });
  };
  const answer = (exchange: Exchange): Promise<Answer> => {
    const { headers } = exchange.request;
    if (headers.cookie !== undefined) assertOrigin(headers, cors, ownOrigin);
    const context = contextOf(exchange);
    const contentType = hasNoHttpHooks ? contentTypeOf(exchange) : undefined;
    return contentType === undefined
      ? throughYoga(requestOf(exchange), context)
      : pipeline({
          readHeader: readHeaderOf(exchange.request),
          request: () => requestOf(exchange),
          context,
          contentType,
        });
  };
  return { answer, run };
}

const serverContext = (exchange: Exchange, { config, limits, observe }: GraphqlOptions): GraphqlServerContext => ({
  requestId: exchange.requestId,
  clientIp: exchange.clientIp,
  guesses: guessLimit(limits, exchange.clientIp, observe),
  record: {},
  readBody: () => {
    requireJson(exchange.request);
    return readBody(exchange.request, { maxBytes: config.limits.bodyBytes, lease: exchange.bodyLease });
  },
});

const renderingOf = ({ report, observe }: GraphqlOptions): ErrorRenderingOptions => ({
  report,
  count: (code, field) => observe({ type: 'graphql_error', code, ...(field !== undefined && { field }) }),
});

function createServer(options: GraphqlOptions, rendering: ErrorRenderingOptions) {
  const { config } = options;
  return createYoga<GraphqlServerContext>({
    schema: guardRootResolvers(options.schema),
    plugins: [
      useNoetlAuth({
        ...options.deciding,
        sessions: options.sessions,
        introspection: config.auth.introspection,
        // Their origin has been checked.
        cookies: true,
      }),
      useRequestParams(),
      useQueryLimits(config.limits),
      useErrorRendering(rendering),
      useCompiledOperations(),
      ...config.plugins,
    ],
    maskedErrors: false,
    batching: config.limits.batching ? { limit: config.limits.queryRootFields } : false,
    graphqlEndpoint: '/graphql',
    graphiql: false,
    landingPage: false,
    healthCheckEndpoint: '/graphql-unused-health',
    cors: false,
    logging: false,
    multipart: false,
    maxRequestBodySize: false,
    parserAndValidationCache: createDocumentCaches(),
  });
}

/** @throws ERR_ORIGIN_REFUSED when a cookie, which browsers send unasked, is what opens the session, and another site asks */
function assertOrigin(headers: IncomingHttpHeaders, cors: Cors, ownOrigin: string | undefined): void {
  const presented = tokenFromRequest((name) => headers[name]);
  if (presented.outcome === 'present' && presented.source === 'cookie') checkOrigin(headers, cors, ownOrigin);
}

/** These are about a connection that Yoga does not have: a length beside a transfer encoding ends an answer in two places. */
const ofConnection = new Set(['connection', 'content-length', 'keep-alive', 'transfer-encoding']);

function endToEnd(headers: Headers): Record<string, string> {
  return Object.fromEntries([...headers].filter(([name]) => !ofConnection.has(name.toLowerCase())));
}
