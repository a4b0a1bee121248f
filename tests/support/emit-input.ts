import { buildSchema } from 'graphql';
import type { EmitInput } from '../../generator/emit/emitter.ts';
import {
  authenticated,
  closed,
  custom,
  onExecution,
  onPlaybook,
  role,
} from '../../plugins/noetl-auth/access/access-rule.ts';
import { allow, deny } from '../../plugins/noetl-auth/access/grant.ts';
import type { Operation } from '../../plugins/operation.ts';

const sdl = /* GraphQL */ `
  scalar JSON
  type Query {
    "One execution; its result once it is over."
    execution(id: ID!): Execution
    executions(page: Int = 1, pageSize: Int): [ExecutionRow]
    workerPools: PoolList!
    me: Me!
    tree(root: ID!): Node
    custom(kind: Kind!): JSON
    login: String
  }
  type Mutation {
    "Starts a playbook."
    executePlaybook(
      "Catalog path of the playbook."
      name: String!
      variables: JSON
    ): ExecuteResult
    tag(filter: TagFilter!): Boolean
  }
  type Execution { id: ID! status: String! result: JSON textOutput: String }
  type ExecuteResult { id: ID! name: String status: String! textOutput: String }
  type ExecutionRow { id: ID! path: String duration: Float pools: [Pool!] }
  type PoolList { items: [Pool!]! total: Int! }
  type Pool { name: String! online: Boolean jobs(kind: Kind!): [String] }
  type Me { email: String roles: [String!]! kind: Kind }
  type Node { id: ID! "Ends a comment: */" label: String children: [Node!] }
  type Error { text: String }
  enum Kind { PLAYBOOK AGENT }
  input TagFilter { path: String! tags: [String!], deep: TagFilter, error: Boolean = false }
`;

const upstream = (key: string) => {
  const [method = '', path = ''] = key.split(' ');
  return { kind: 'upstream', key, method, path } as const;
};
const gateway = (field: string) => ({ kind: 'gateway', sdl: field, typeDefs: undefined }) as const;
const rest = {
  kind: 'plain',
  catalogPaths: [],
  executionIds: [],
  start: undefined,
  description: undefined,
  args: [],
  fields: {},
  acceptRisk: undefined,
} as const;

/** A small gateway with a row of every kind of access rule. */
export const operations: readonly Operation[] = [
  {
    ...rest,
    field: 'execution',
    root: 'query',
    source: upstream('GET /api/executions/{id}'),
    kind: 'execution',
    access: onExecution('view', 'id'),
  },
  {
    ...rest,
    field: 'executions',
    root: 'query',
    source: upstream('GET /api/executions'),
    kind: 'executions',
    access: authenticated({ rows: 'executions' }),
  },
  {
    ...rest,
    field: 'workerPools',
    root: 'query',
    source: upstream('GET /api/worker/pools'),
    kind: 'workers',
    access: role('admin'),
  },
  { ...rest, field: 'me', root: 'query', source: gateway('me: Me!'), kind: 'gateway', access: authenticated() },
  { ...rest, field: 'tree', root: 'query', source: upstream('GET /api/tree'), access: custom(() => true) },
  { ...rest, field: 'custom', root: 'query', source: upstream('GET /api/custom'), access: closed() },
  {
    ...rest,
    field: 'login',
    root: 'query',
    source: gateway('login: String'),
    kind: 'gateway',
    access: authenticated(),
  },
  {
    ...rest,
    field: 'executePlaybook',
    root: 'mutation',
    source: upstream('POST /api/execute'),
    kind: 'execute',
    access: onPlaybook('execute', 'name'),
    description: 'Starts a playbook.',
  },
  {
    ...rest,
    field: 'tag',
    root: 'mutation',
    source: upstream('POST /api/postgres/tag'),
    access: role('admin', 'developer'),
    acceptRisk: 'the | database is a copy',
  },
];

/** What `generate` gives an emitter, for a small gateway; parts can be replaced. */
export function emitInput(changes: Partial<EmitInput> = {}): EmitInput {
  return {
    config: {
      operations: {},
      roles: ['admin', 'developer', 'viewer'],
      grants: [
        allow('admin', 'all', '*'),
        allow('developer', ['execute', 'view'], 'data/*'),
        deny('developer', 'all', ['system/*', 'data/private/*']),
        allow('viewer', ['view'], 'data/*'),
      ],
    },
    operations,
    schema: buildSchema(sdl),
    document: {
      openapi: '3.1.0',
      info: { title: 'NoETL', version: '4.0.0' },
      paths: {
        '/api/execute': { post: {} },
        '/api/executions': { get: {} },
        '/api/executions/{id}': { get: {} },
        '/api/credentials': { get: {}, post: {} },
        '/api/tree': { get: {}, parameters: [] },
      },
    },
    read: () => undefined,
    ...changes,
  };
}
