import type { LoadRequest } from './load.ts';

/** The servers that are compared; docs/performance.md has what each does for a request. */
export type PeerName = 'gateway' | 'fresh' | 'bare' | 'mesh' | 'proxy' | 'incumbent';

interface GraphqlRequest {
  readonly query: string;
  readonly variables?: unknown;
}

/** One kind of request, as each peer is asked for it. */
export interface Row {
  readonly name: string;
  /** `gateway`; `fresh` is the gateway that answers no poll from memory. Its ratios are named by `gateway`. */
  readonly of: 'gateway' | 'fresh';
  readonly graphql: readonly GraphqlRequest[];
  /** For Mesh, which has the names of the wire. Absent: Mesh is not asked. */
  readonly mesh?: readonly GraphqlRequest[];
  /** The one call that is behind it, for the proxy. */
  readonly rest: readonly Omit<LoadRequest, 'headers'>[];
  /** Whether the schema without plugins is asked, too. */
  readonly isBare?: boolean;
  readonly connections: number;
}

/** Executions whose ids begin with the digits that the upstream knows a kind by. */
export const executionIds = (kind: string, count: number): readonly string[] =>
  Array.from({ length: count }, (_, n) => `${BigInt(`${kind}008253774397000`) + BigInt(n)}`);

/** Kinds of executions, by the first digits of their ids. */
export const kinds = { over: '767', large: '768', running: '769' } as const;

/** The size of a page, by which the upstream knows that ids are wanted as numbers. */
export const numericSize = 99;

const status = 'query Status($id: ID!) { execution(id: $id) { status path } }';
const result = 'query Result($id: ID!) { execution(id: $id) { status result } }';
const fieldsOfList = 'executionId path status startTime endTime progress durationSeconds version';
const wireFieldsOfList = 'execution_id path status start_time end_time progress duration_seconds version';

const withIds = (query: string, ids: readonly string[]) => ids.map((id) => ({ query, variables: { id } }));
/** The call that the gateway makes for a poll (`gateway/executions/execution-reads.ts`). */
const detail = (id: string) =>
  ({ method: 'GET', path: `/api/executions/${id}?include_events=false` }) as const satisfies Omit<
    LoadRequest,
    'headers'
  >;

const stats = (query: string): readonly GraphqlRequest[] => [{ query }];
/** Page 1 always: the gateway fills later pages from it, and this upstream has one page. */
const list = (pageSize: number): Pick<Row, 'graphql' | 'mesh' | 'rest'> => ({
  graphql: [{ query: `{ executions(pageSize: ${pageSize}) { ${fieldsOfList} } }` }],
  mesh: [{ query: `{ executions(pageSize: ${pageSize}) { ${wireFieldsOfList} } }` }],
  rest: [{ method: 'GET', path: `/api/executions?page=1&page_size=${pageSize}` }],
});
const start =
  'mutation Execute($name: String!, $vars: JSON) { executePlaybook(name: $name, variables: $vars) { status } }';
const started = [{ query: start, variables: { name: 'data/report', vars: { city: 'Berlin' } } }];

/**
 * What is asked, row by row. The upstream gives lists with numeric ids where a page has {@link numericSize} rows.
 * docs/performance.md says what each row stands for.
 */
export const rows: readonly Row[] = [
  {
    name: 'dashboardStats',
    of: 'gateway',
    graphql: stats('{ dashboardStats { status totalExecutions failedExecutions activeWorkflows } }'),
    mesh: stats('{ dashboardStats { status total_executions failed_executions active_workflows } }'),
    rest: [{ method: 'GET', path: '/api/dashboard/stats' }],
    isBare: true,
    connections: 32,
  },
  {
    name: 'executePlaybook',
    of: 'gateway',
    graphql: started,
    mesh: started,
    rest: [{ method: 'POST', path: '/api/execute', body: '{"path": "data/report", "workload": {"city": "Berlin"}}' }],
    isBare: true,
    connections: 32,
  },
  {
    name: 'execution',
    of: 'fresh',
    // So many that none is asked for again while its last answer still counts: a call for each request.
    graphql: withIds(status, executionIds(kinds.running, 5_000)),
    mesh: withIds(status, executionIds(kinds.running, 5_000)),
    rest: executionIds(kinds.running, 5_000).map(detail),
    isBare: true,
    connections: 32,
  },
  {
    name: 'execution, watched',
    of: 'gateway',
    graphql: withIds(status, executionIds(kinds.running, 64)),
    rest: executionIds(kinds.running, 64).map(detail),
    connections: 32,
  },
  {
    name: 'result of 20 KB',
    of: 'gateway',
    graphql: withIds(result, executionIds(kinds.large, 64)),
    rest: executionIds(kinds.large, 64).map(detail),
    connections: 32,
  },
  { name: 'list of 20 KB', of: 'gateway', ...list(100), connections: 32 },
  { name: 'list of 20 KB, numeric ids', of: 'gateway', ...list(numericSize), connections: 32 },
  {
    name: '1000 connections',
    of: 'gateway',
    graphql: withIds(status, executionIds(kinds.running, 1)),
    rest: executionIds(kinds.running, 1).map(detail),
    connections: 1_000,
  },
];

/** The peers of a row, the measured one first: ratios are of the first over each of the others. */
export function peersOf(row: Row, hasIncumbent: boolean): readonly PeerName[] {
  return [
    row.of,
    ...(row.isBare === true ? (['bare'] as const) : []),
    ...(row.mesh === undefined ? [] : (['mesh'] as const)),
    'proxy',
    ...(hasIncumbent ? (['incumbent'] as const) : []),
  ];
}

/**
 * The requests of a row for a peer. The incumbent proxies reads below `/noetl`, and starts by GraphQL.
 * @param token of the session; proxies have no use for it and do not get it
 * @returns at least one; for Mesh as many as it is asked in this row
 */
export function requestsFor(row: Row, peer: PeerName, token: string): readonly LoadRequest[] {
  const json = { 'content-type': 'application/json' };
  const withToken = { ...json, accept: 'application/json', authorization: `Bearer ${token}` };
  if (peer === 'proxy') return row.rest.map((request) => ({ ...request, headers: json }));
  const isStart = row.name === 'executePlaybook';
  if (peer === 'incumbent' && !isStart) {
    return row.rest.map((request) => ({
      ...request,
      path: request.path.replace(/^\/api/, '/noetl'),
      headers: withToken,
    }));
  }
  const bodies = peer === 'mesh' ? (row.mesh ?? []) : row.graphql;
  return bodies.map((body) => ({
    method: 'POST',
    path: '/graphql',
    headers: withToken,
    body: JSON.stringify(body),
  }));
}
