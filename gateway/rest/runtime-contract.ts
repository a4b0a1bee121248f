import { restPathOf } from '../../plugins/noetl/rest-path.ts';
import type { OperationKind } from '../../plugins/operation-kind.ts';
import type { ResolvedConfig } from '../config/gateway-config.ts';
import { mcpPath, metadataPath } from '../mcp/mcp-metadata.ts';
import { routes } from './generated/routes.gen.ts';
import type { RestOperation } from './rest-operations.ts';

/** Of the form of the answer, not of the gateway: clients of the earlier gateway know this one. */
const contractVersion = '2026-04-26';

export interface RuntimeContractGiven {
  readonly version: string;
  readonly operations: readonly RestOperation[];
  readonly auth0: ResolvedConfig['auth']['contract'];
  /** Further ways in, which the config can switch off. */
  readonly served: { readonly events: boolean; readonly mcp: boolean };
}

/**
 * What the CLI calls its operations, and the kind of the operation that each is. Kinds and not names: a row may have
 * any name.
 */
const cliOperations: Readonly<Record<string, OperationKind>> = {
  exec: 'execute',
  status: 'status',
  detail: 'execution',
  events: 'events',
  cancel: 'cancel',
  catalog_register: 'catalogWrite',
};
/** Calls of an execution's life, under the names that the earlier gateway gave them. */
const executionCalls: Readonly<Record<string, OperationKind>> = {
  start: 'execute',
  status: 'status',
  detail: 'execution',
  events: 'events',
  cancel: 'cancel',
};

/** `GET /api/runtime/contract`: what is served, and nothing that is not. */
export function runtimeContract({
  version,
  operations,
  auth0,
  served,
}: RuntimeContractGiven): Readonly<Record<string, unknown>> {
  const own = (session: 'none' | 'required') =>
    routes.filter((route) => route.session === session).map(({ method, path }) => `${method} ${path}`);
  const login = loginOf(auth0);
  return {
    gateway_version: version,
    contract_version: contractVersion,
    summary: 'The gateway in front of NoETL: GraphQL, and the calls of NoETL’s own API that are listed here.',
    // Sorted, so that the answer is the same for the same config.
    routes: {
      public: [...own('none'), 'GET /graphql', ...(served.mcp ? [`GET ${metadataPath}${mcpPath}`] : [])].sort(),
      protected: [
        ...own('required'),
        'POST /graphql',
        ...(served.events ? ['GET /events'] : []),
        ...(served.mcp ? [`POST ${mcpPath}`] : []),
        ...operations.map(callOf),
      ].sort(),
    },
    proxy_contract: {
      incoming_prefix: '/noetl/',
      upstream_prefix: '/api/',
      supported_methods: [...new Set(operations.map(({ method }) => method))].sort(),
      authentication: {
        required: true,
        accepted_headers: ['Authorization: Bearer', 'X-Session-Token', 'Cookie: session_token'],
      },
      // None in either direction: a call is made anew from the call plan (ADR 0017).
      forwarded_request_headers: [],
      forwarded_response_headers: [],
    },
    cli_operation_mapping: { ...mapped(cliOperations, operations), ...catalogLists(operations) },
    execution_contract: mapped(executionCalls, operations),
    agent_contract: catalogLists(operations),
    ...(login !== undefined && { auth0: login }),
  };
}

function pathOf({ path }: RestOperation): string {
  return restPathOf(path.map((piece) => ('text' in piece ? piece.text : `{${piece.argument}}`)).join(''));
}

const callOf = (operation: RestOperation): string => `${operation.method} ${pathOf(operation)}`;

/** Names with the call that does it. A name whose operation is not open is left out. */
function mapped(
  names: Readonly<Record<string, OperationKind>>,
  operations: readonly RestOperation[],
): Readonly<Record<string, string>> {
  const calls = Object.entries(names).flatMap(([name, kind]) => {
    const found = operations.find((operation) => operation.kind === kind);
    return found === undefined ? [] : [[name, callOf(found)] as const];
  });
  return Object.fromEntries(calls);
}

function catalogLists(operations: readonly RestOperation[]): Readonly<Record<string, string>> {
  const lists = operations.filter(({ kind }) => kind === 'catalog');
  const agents = lists.find((operation) => pathOf(operation).includes('/agents/'));
  const all = lists.find((operation) => operation !== agents);
  return {
    ...(all !== undefined && { catalog_list: callOf(all) }),
    ...(agents !== undefined && { agent_catalog_list: callOf(agents) }),
  };
}

/** Without a domain there is nothing to log in at. */
function loginOf({ domain, clientId, redirectUri, audience }: RuntimeContractGiven['auth0']) {
  if (domain === undefined) return undefined;
  return {
    domain,
    ...(clientId !== undefined && { client_id: clientId }),
    ...(redirectUri !== undefined && { redirect_uri: redirectUri }),
    ...(audience !== undefined && { audience }),
  };
}
