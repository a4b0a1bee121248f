import {
  createMcpHandler,
  type McpHttpHandler,
  ProtocolError,
  ProtocolErrorCode,
  Server,
} from '@modelcontextprotocol/server';
import type { JsonSchema } from '../../plugins/json/type-schema.ts';

/** A tool as clients list it. */
export interface ToolView {
  readonly name: string;
  readonly title?: string;
  readonly description: string;
  readonly inputSchema: JsonSchema;
  /** Of the structured result; absent: any JSON. */
  readonly outputSchema?: JsonSchema;
  readonly annotations: {
    readonly readOnlyHint: boolean;
    readonly destructiveHint: boolean;
    readonly idempotentHint: boolean;
    readonly openWorldHint: boolean;
  };
}

/** The result of a tool; with `isError` the reason of the failure. */
export interface ToolResult {
  readonly text: string;
  readonly isError: boolean;
  /** The same as JSON, of a tool with an output schema. */
  readonly structured?: unknown;
}

/** The tools of one caller, for one request. */
export interface CallerTools {
  list(): Promise<readonly ToolView[]>;
  /** @returns undefined: there is no such tool. */
  call(name: string, args: Readonly<Record<string, unknown>>): Promise<ToolResult | undefined>;
}

/** The description of the tools that clients show a model. */
const instructions =
  'Tools of NoETL, a workflow engine. A playbook is a workflow in the catalog, named by its path; an execution is one run of it. Tools and results are those that your grants allow.';

/** A server of the protocol for one request of one caller: it keeps nothing. */
function toolServer(version: string, tools: CallerTools): Server {
  const server = new Server({ name: 'noetl-gateway', version }, { capabilities: { tools: {} }, instructions });
  server.setRequestHandler('tools/list', async () => ({ tools: (await tools.list()) as never }));
  server.setRequestHandler('tools/call', async ({ params }) => {
    const result = await tools.call(params.name, params.arguments ?? {});
    if (result === undefined) throw new ProtocolError(ProtocolErrorCode.InvalidParams, 'there is no such tool');
    const { text, isError, structured } = result;
    const content = [{ type: 'text' as const, text }];
    return { content, isError, ...(structured !== undefined && { structuredContent: structured as never }) };
  });
  return server;
}

/** Serves a message as a web `Request`. */
export type ToolHandler = Pick<McpHttpHandler, 'fetch'>;

/**
 * Serves messages, each by a server that is made for it, with the tools that the caller of the message brings along; nothing is
 * kept between two requests.
 */
export function createToolHandler(version: string, report: (error: unknown) => void): ToolHandler {
  return createMcpHandler(({ authInfo }) => toolServer(version, authInfo?.extra?.['tools'] as CallerTools), {
    maxSubscriptions: 1,
    keepAliveMs: 0,
    onerror: report,
  });
}
