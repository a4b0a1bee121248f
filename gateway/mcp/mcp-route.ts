import type { Clock } from '../../plugins/clock.ts';
import { GatewayError } from '../../plugins/errors.ts';
import type { CompiledGrants } from '../../plugins/noetl-auth/access/decision.ts';
import { once } from '../../plugins/single-flight.ts';
import type { Parts } from '../compose.ts';
import type { ResolvedConfig } from '../config/gateway-config.ts';
import type { RunKnown } from '../graphql/create-graphql.ts';
import { type Answer, errorAnswer, json, notAllowed, toGatewayError } from '../http/answer.ts';
import type { Exchange } from '../http/exchange.ts';
import { mcpPath } from '../http/exchange.ts';
import { assertBoundedJson, readBody, requireJson } from '../http/read-body.ts';
import { createSignIn } from '../identity/sign-in.ts';
import type { Telemetry } from '../observe/telemetry.ts';
import type { ExecutableSchema } from '../operations/executable-schema.ts';
import type { RequireCaller } from '../rest/rest-routes.ts';
import { challenge, createToolCallers, publicBase, resourceMetadata } from './mcp-login.ts';
import { createPlaybookTools } from './playbook-tools.ts';
import type { ToolHandler } from './tool-server.ts';
import { callerTools, fieldTools, type ToolsGiven } from './tools.ts';

export interface McpGiven {
  readonly config: ResolvedConfig;
  readonly clock: Clock;
  readonly version: string;
  readonly grants: () => CompiledGrants;
  readonly executable: ExecutableSchema;
  readonly parts: Parts;
  readonly telemetry: Telemetry;
  readonly run: RunKnown;
  readonly requireCaller: RequireCaller;
  /** @throws ERR_ORIGIN_REFUSED for a page of another site */
  readonly checkOrigin: (exchange: Exchange) => void;
}

/** Answers `/mcp` and its metadata. */
export type McpRoute = (exchange: Exchange) => Promise<Answer>;

/** What each request is served with, made once. */
interface Serving {
  readonly given: McpGiven;
  readonly tools: ToolsGiven;
  readonly requireCaller: RequireCaller;
  readonly open: () => Promise<ToolHandler>;
}

/**
 * `/mcp`: the Model Context Protocol over streamable HTTP, without sessions of its own: each request is served by a server that
 * lives as long as it. Also the metadata by which programs find the identity provider.
 * @returns undefined where the config switches it off.
 */
export function createMcp(given: McpGiven): McpRoute | undefined {
  const { config, clock, version, parts, telemetry } = given;
  if (!config.mcp.enabled) return undefined;
  const { verifier, login, sessions, limits } = parts;
  const { observe, onError, log } = telemetry;
  const { publicUrl } = config.listen;
  // Programs log in at these; the metadata names them (RFC 9728).
  const issuers = verifier.known.map(({ rules }) => rules.issuer);
  const maxSessionMs = config.sessions.maxMs;
  const signIn = createSignIn({ verifier, backend: login, sessions, limits, observe, maxSessionMs });
  const serving: Serving = {
    given,
    tools: toolsOf(given),
    requireCaller: createToolCallers({ requireCaller: given.requireCaller, signIn, sessions, issuers, clock }),
    // The SDK takes a third of a second to load, which the start of the process does not wait for.
    open: once(async () => {
      const { createToolHandler } = await import('./tool-server.ts');
      return createToolHandler(version, (error) => log.warn({ err: error }, 'a message of /mcp was refused'));
    }),
  };
  return async (exchange) => {
    const base = publicBase(publicUrl, exchange);
    if (exchange.path !== mcpPath) return metadata(exchange, base, issuers);
    try {
      return await serve(exchange, serving);
    } catch (error) {
      const { status } = toGatewayError(error);
      if (status >= 500) onError(error, exchange);
      const answer = errorAnswer(error);
      if (status !== 401) return answer;
      const how = challenge(base, exchange.request.headers.authorization !== undefined);
      return { ...answer, headers: { ...answer.headers, 'www-authenticate': how } };
    }
  };
}

function toolsOf({ config, clock, executable, parts, run, grants }: McpGiven): ToolsGiven {
  const { auth, adapters, mcp, executions } = config;
  // With `both` the grants must allow as well, so what they do not give is never allowed.
  const isLocal = auth.access.checker === 'local' && adapters.accessChecker === undefined;
  const grantsDecide = auth.access.combine === 'both' || isLocal;
  return {
    run,
    checker: parts.checker,
    // Without grants that decide, a list cannot be narrowed, and a call shows.
    grants: () => (grantsDecide ? grants() : undefined),
    fields: fieldTools(executable.rootFields, executable.schema),
    playbooks: createPlaybookTools({ config: mcp, upstream: parts.upstream, clock, route: catalogRoute(executable) }),
    // Not longer than any other caller may wait.
    waitSeconds: Math.floor(Math.min(mcp.waitMs, executions.maxWaitMs) / 1_000),
  };
}

/** Where NoETL lists its catalog, as the table opens it; undefined where it does not. */
function catalogRoute({ rootFields }: ExecutableSchema): string | undefined {
  const lists = [...rootFields.values()].flatMap(({ plan }) => (plan?.kind === 'catalog' ? [plan] : []));
  return lists.find(({ method, route }) => method === 'POST' && !route.includes('/agents/'))?.route;
}

function metadata(exchange: Exchange, base: string | undefined, issuers: readonly string[]): Answer {
  if (exchange.method !== 'GET' && exchange.method !== 'HEAD') return notAllowed('GET, HEAD, OPTIONS');
  if (base !== undefined) return json(200, resourceMetadata(base, issuers));
  return errorAnswer(new GatewayError('ERR_NOT_FOUND', 'set GATEWAY_PUBLIC_URL, so that programs can find the login'));
}

async function serve(exchange: Exchange, { given, tools, requireCaller, open }: Serving): Promise<Answer> {
  const { request } = exchange;
  // A browser sends it; the specification asks servers to check it, against DNS rebinding.
  if (request.headers.origin !== undefined) given.checkOrigin(exchange);
  const caller = await requireCaller(exchange);
  // There are no sessions to resume or to end, and nothing that a stream could bring.
  if (exchange.method !== 'POST') return notAllowed('POST, OPTIONS');
  requireJson(request);
  const body = await readBody(request, { maxBytes: given.config.limits.bodyBytes, lease: exchange.bodyLease });
  const message = messageOf(body);
  // The SDK sees the message and the protocol's own headers; the address is a placeholder.
  const asked = new Request(`http://gateway.invalid${mcpPath}`, {
    method: 'POST',
    headers: protocolHeaders(exchange),
    body: JSON.stringify(message),
  });
  // The caller has been authenticated here; the SDK gets no token.
  const extra = { tools: callerTools(tools, caller, exchange) };
  const authInfo = { token: '', clientId: caller.session.user.userId, scopes: [], extra };
  const handler = await open();
  const response = await handler.fetch(asked, { parsedBody: message, authInfo });
  const type = response.headers.get('content-type');
  return {
    status: response.status,
    headers: { 'cache-control': 'no-store', ...(type !== null && { 'content-type': type }) },
    body: await response.text(),
  };
}

/** One message. A subscription would be a stream without an end, and nothing here changes by itself. */
function messageOf(body: Buffer): unknown {
  assertBoundedJson(body);
  let message: unknown;
  try {
    message = JSON.parse(body.toString('utf8'));
  } catch (error) {
    throw new GatewayError('ERR_REQUEST_INVALID', 'the body is not JSON', { cause: error });
  }
  if (typeof message !== 'object' || message === null || Array.isArray(message)) {
    throw new GatewayError('ERR_REQUEST_INVALID', 'the body must be one JSON-RPC message');
  }
  const { method } = message as { readonly method?: unknown };
  if (typeof method === 'string' && method.startsWith('subscriptions/')) {
    throw new GatewayError('ERR_NOT_SUPPORTED', 'there are no subscriptions here; ask the tool execution');
  }
  return message;
}

/** Headers of the protocol, and no others, so no header with a token. */
function protocolHeaders({ request }: Exchange): Record<string, string> {
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  for (const [name, value] of Object.entries(request.headers)) {
    if ((name.startsWith('mcp-') || name === 'accept') && typeof value === 'string') headers[name] = value;
  }
  return headers;
}
