import { GatewayError } from '../../core/errors.ts';
import { once } from '../../core/single-flight.ts';
import { type Answer, errorAnswer, json, toGatewayError } from '../http/answer.ts';
import type { Exchange } from '../http/exchange.ts';
import { notAllowed } from '../http/public-routes.ts';
import { assertBoundedJson, readBody, requireJson } from '../http/read-body.ts';
import type { RequireCaller } from '../routes/rest-routes.ts';
import { type CallerToolsGiven, callerTools } from './caller-tools.ts';
import { mcpPath } from './mcp-path.ts';
import { challenge, publicBase, resourceMetadata } from './resource-metadata.ts';
import type { ToolHandler } from './tool-server.ts';

export interface McpRouteOptions extends CallerToolsGiven {
  readonly version: string;
  readonly requireCaller: RequireCaller;
  /** Issuers at which programs log in. */
  readonly issuers: readonly string[];
  readonly publicUrl: string | undefined;
  readonly maxBodyBytes: number;
  /** @throws ERR_ORIGIN_REFUSED for a page of another site */
  readonly checkOrigin: (exchange: Exchange) => void;
  readonly onError: (error: unknown, exchange: Exchange) => void;
  /** Errors that no answer holds. */
  readonly report: (error: unknown) => void;
}

/** Answers `/mcp` and its metadata. */
export type McpRoute = (exchange: Exchange) => Promise<Answer>;

/**
 * `/mcp`: the Model Context Protocol over streamable HTTP, without sessions of its own: each request is served by a server that
 * lives as long as it. Also the metadata by which programs find the identity provider.
 */
export function createMcpRoute(options: McpRouteOptions): McpRoute {
  const { onError } = options;
  // The SDK takes a third of a second to load, which the start of the process does not wait for.
  const open = once(async () => {
    const { createToolHandler } = await import('./tool-server.ts');
    return createToolHandler(options.version, options.report);
  });
  return async (exchange) => {
    if (exchange.path !== mcpPath) return metadata(exchange, options);
    try {
      return await serve(exchange, options, open);
    } catch (error) {
      const { status } = toGatewayError(error);
      if (status >= 500) onError(error, exchange);
      const answer = errorAnswer(error);
      if (status !== 401) return answer;
      const isTokenGiven = exchange.request.headers.authorization !== undefined;
      const how = challenge(publicBase(options.publicUrl, exchange), isTokenGiven);
      return { ...answer, headers: { ...answer.headers, 'www-authenticate': how } };
    }
  };
}

function metadata(exchange: Exchange, { publicUrl, issuers }: McpRouteOptions): Answer {
  if (exchange.method !== 'GET' && exchange.method !== 'HEAD') return notAllowed('GET, HEAD, OPTIONS');
  const base = publicBase(publicUrl, exchange);
  if (base !== undefined) return json(200, resourceMetadata(base, issuers));
  return errorAnswer(new GatewayError('ERR_NOT_FOUND', 'set GATEWAY_PUBLIC_URL, so that programs can find the login'));
}

async function serve(exchange: Exchange, options: McpRouteOptions, open: () => Promise<ToolHandler>): Promise<Answer> {
  const { request } = exchange;
  // A browser sends it; the specification asks servers to check it, against DNS rebinding.
  if (request.headers.origin !== undefined) options.checkOrigin(exchange);
  const caller = await options.requireCaller(exchange);
  // There are no sessions to resume or to end, and nothing that a stream could bring.
  if (exchange.method !== 'POST') return notAllowed('POST, OPTIONS');
  requireJson(request);
  const body = await readBody(request, { maxBytes: options.maxBodyBytes, lease: exchange.bodyLease });
  const message = messageOf(body);
  // The SDK sees the message and the protocol's own headers; the address is a placeholder.
  const asked = new Request(`http://gateway.invalid${mcpPath}`, {
    method: 'POST',
    headers: protocolHeaders(exchange),
    body: JSON.stringify(message),
  });
  // The caller has been authenticated here; the SDK gets no token.
  const tools = callerTools(options, caller, exchange);
  const authInfo = { token: '', clientId: caller.session.user.userId, scopes: [], extra: { tools } };
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
