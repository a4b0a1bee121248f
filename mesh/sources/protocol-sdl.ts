import { gatewayArguments } from '../../core/operation-kind.ts';
import { isProtocolField, type ProtocolField, protocolFields } from '../../core/protocol-field.ts';
import type { TableRow } from './table-row.ts';

const directives = `scalar JSON
scalar ObjMap
enum HTTPMethod { GET POST PUT PATCH DELETE }
directive @httpOperation(subgraph: String, path: String, httpMethod: HTTPMethod, requestBaseBody: ObjMap) on FIELD_DEFINITION
`;

const executionTypes = `type Execution {
  id: ID!
  executionId: ID!
  path: String
  name: String
  version: Int
  status: String!
  result: JSON
  resultStep: String
  textOutput: String
  error: String
  failure: ExecutionFailure
  steps(names: [String!]): [ExecutionStep!]
  currentStep: String
  progress: Int
  startedAt: String
  finishedAt: String
  parentId: ID
}
type ExecutionFailure {
  step: String
  message: String!
}
type ExecutionStep {
  name: String!
  status: String!
  startedAt: String
  finishedAt: String
  attempts: Int!
  lastSeenAt: String
  executionId: ID
  result: JSON
  error: String
}`;

const startTypes = `type ExecuteResult {
  id: ID!
  executionId: ID!
  name: String
  path: String
  status: String!
  textOutput: String
  requestId: String
  clientId: String
  result: JSON
  error: String
  execution: Execution
}`;

/** Types that the gateway's own resolvers fill; their fields have no wire names. */
export const protocolTypes: ReadonlySet<string> = new Set([
  'ExecuteResult',
  'Execution',
  'ExecutionFailure',
  'ExecutionStep',
]);

/**
 * The annotated SDL of the fields whose shape the protocol fixes, for Mesh's JSON-schema handler; only those that are
 * open. Arguments that the gateway itself answers to are there and are not sent.
 * @returns undefined when none is open.
 */
export function protocolSdl(operations: readonly TableRow[]): string | undefined {
  const open = operations.filter(isProtocolRow);
  if (open.length === 0) return undefined;
  const roots = Map.groupBy(open, ({ field }) => protocolFields[field].root);
  const blocks = [...roots].map(
    ([root, rows]) => `type ${rootNames[root]} {\n${rows.map((row) => fieldSdl[row.field](row)).join('\n')}\n}`,
  );
  return [directives, ...blocks, ...(roots.has('mutation') ? [startTypes] : []), executionTypes].join('\n');
}

type ProtocolRow = TableRow & { readonly field: ProtocolField };

const isProtocolRow = (row: TableRow): row is ProtocolRow =>
  row.source.kind === 'upstream' && isProtocolField(row.field);

const rootNames = { query: 'Query', mutation: 'Mutation' } as const;

const fieldSdl: Readonly<Record<ProtocolField, (row: ProtocolRow) => string>> = {
  executePlaybook: (row) => {
    const kind = row.args.some(({ name }) => name === 'resourceKind') ? ['resourceKind: String'] : [];
    return startSdl(row, ['name: String!', 'variables: JSON', ...kind]);
  },
  rerunExecution: (row) => startSdl(row, ['variables: JSON']),
  execution: ({ source }) => `  execution(id: ID!): Execution
    @httpOperation(subgraph: "Protocol", path: ${quoted(pathOf(source).replace(/\{[^{}]*\}/, '{args.id}'))}, httpMethod: GET)`,
};

function startSdl({ field, kind, source, args }: ProtocolRow, offered: readonly string[]): string {
  const own = Object.entries(gatewayArguments[kind] ?? {}).map(([name, type]) => `${name}: ${type}`);
  const body = args
    .filter((arg) => arg.in === 'body' && arg.name !== undefined)
    .map((arg) => `${arg.wire}: "{args.${arg.name}}"`)
    .join(', ');
  return `  ${field}(${[...offered, ...own].join(', ')}): ExecuteResult
    @httpOperation(subgraph: "Protocol", path: ${quoted(pathOf(source))}, httpMethod: POST, requestBaseBody: {${body}})`;
}

const pathOf = (source: TableRow['source']): string => (source.kind === 'upstream' ? source.path : '');
const quoted = (text: string): string => JSON.stringify(text);
