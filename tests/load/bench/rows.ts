import type { LoadRequest } from './wrk.ts';

/**
 * The servers that are compared: the gateway; with no answer from memory; each of them with one plugin in the config;
 * a proxy of `node:http` and undici; the earlier gateway.
 */
export type PeerName = 'gateway' | 'fresh' | 'plugin' | 'fresh plugin' | 'proxy' | 'incumbent';

interface GraphqlRequest {
  readonly query: string;
  readonly variables?: unknown;
}

/** One kind of request, as each peer is asked for it. */
export interface Row {
  readonly name: string;
  /** Ratios are named by `gateway`, whichever of the two it is. */
  readonly of: 'gateway' | 'fresh';
  readonly graphql: readonly GraphqlRequest[];
  /** The one call that is behind it, for the proxy. */
  readonly rest: readonly Omit<LoadRequest, 'headers'>[];
  readonly connections: number;
}

/** The session token that every request bears. The static validator of the bench's config knows it. */
export const benchToken = 'noetl-session-of-the-bench';

/** Kinds of executions, by the first digits of their ids: the upstream knows them by these. */
export const kinds = { large: '768', running: '769' } as const;

const status = 'query Status($id: ID!) { execution(id: $id) { status path } }';
const result = 'query Result($id: ID!) { execution(id: $id) { status result } }';
const listFields = 'executionId path status startTime endTime progress durationSeconds version';
const start =
  'mutation Execute($name: String!, $vars: JSON) { executePlaybook(name: $name, variables: $vars) { status } }';

/** A query of executions of one kind, and the call that the gateway makes for each. */
function polls(query: string, kind: string, count: number): Pick<Row, 'graphql' | 'rest'> {
  const ids = Array.from({ length: count }, (_, n) => `${BigInt(`${kind}008253774397000`) + BigInt(n)}`);
  return {
    graphql: ids.map((id) => ({ query, variables: { id } })),
    rest: ids.map((id) => ({ method: 'GET', path: `/api/executions/${id}?include_events=false` })),
  };
}

/** What is asked, row by row; docs/performance.md has what each row stands for. */
export const rows: readonly Row[] = [
  {
    name: 'executePlaybook',
    of: 'gateway',
    graphql: [{ query: start, variables: { name: 'data/report', vars: { city: 'Berlin' } } }],
    rest: [{ method: 'POST', path: '/api/execute', body: '{"path": "data/report", "workload": {"city": "Berlin"}}' }],
    connections: 32,
  },
  // So many that none is asked for again while its last answer still counts: a call for each request.
  { name: 'execution', of: 'fresh', ...polls(status, kinds.running, 5_000), connections: 32 },
  { name: 'execution, watched', of: 'gateway', ...polls(status, kinds.running, 64), connections: 32 },
  { name: 'result of 20 KB', of: 'gateway', ...polls(result, kinds.large, 64), connections: 32 },
  {
    name: 'list of 20 KB',
    of: 'gateway',
    graphql: [{ query: `{ executions(pageSize: 100) { ${listFields} } }` }],
    rest: [{ method: 'GET', path: '/api/executions?page=1&page_size=100' }],
    connections: 32,
  },
  { name: '1000 connections', of: 'gateway', ...polls(status, kinds.running, 1), connections: 1_000 },
];

/** The peers of a row, the measured one first. */
export const peersOf = ({ of }: Row, hasIncumbent: boolean): readonly PeerName[] => [
  of,
  of === 'fresh' ? 'fresh plugin' : 'plugin',
  'proxy',
  ...(hasIncumbent ? (['incumbent'] as const) : []),
];

/** The requests of a row for a peer. The incumbent proxies reads below `/noetl`, and starts by GraphQL. */
export function requestsFor(row: Row, peer: PeerName): readonly LoadRequest[] {
  const json = { 'content-type': 'application/json' };
  if (peer === 'proxy') return row.rest.map((request) => ({ ...request, headers: json }));
  const headers = { ...json, accept: 'application/json', authorization: `Bearer ${benchToken}` };
  if (peer === 'incumbent' && row.name !== 'executePlaybook') {
    return row.rest.map((request) => ({ ...request, path: request.path.replace(/^\/api/, '/noetl'), headers }));
  }
  return row.graphql.map((body) => ({ method: 'POST', path: '/graphql', headers, body: JSON.stringify(body) }));
}
