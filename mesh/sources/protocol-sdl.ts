import { gatewayArguments } from '../../core/operation-kind.ts';
import { isProtocolField } from '../../core/protocol-field.ts';
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

const types = {
  executePlaybook: `type ExecuteResult {
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
}
${executionTypes}`,
  execution: executionTypes,
} as const;

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
  const open = operations.filter(({ field, source }) => source.kind === 'upstream' && isProtocolField(field));
  if (open.length === 0) return undefined;
  const blocks = open.map((operation) => {
    const { field, source, args } = operation;
    const body = args
      .filter((arg) => arg.in === 'body' && arg.name !== undefined)
      .map((arg) => `${arg.wire}: "{args.${arg.name}}"`)
      .join(', ');
    const path = source.kind === 'upstream' ? source.path : '';
    const own = Object.entries(gatewayArguments[operation.kind] ?? {}).map(([name, type]) => `, ${name}: ${type}`);
    const kind = args.some(({ name }) => name === 'resourceKind') ? ', resourceKind: String' : '';
    return field === 'executePlaybook'
      ? `type Mutation {
  executePlaybook(name: String!, variables: JSON${kind}${own.join('')}): ExecuteResult
    @httpOperation(subgraph: "Protocol", path: ${JSON.stringify(path)}, httpMethod: POST, requestBaseBody: {${body}})
}
${types.executePlaybook}`
      : `type Query {
  execution(id: ID!): Execution
    @httpOperation(subgraph: "Protocol", path: ${JSON.stringify(path.replace(/\{[^{}]*\}/, '{args.id}'))}, httpMethod: GET)
}
${open.some((other) => other.field === 'executePlaybook') ? '' : types.execution}`;
  });
  return [directives, ...blocks].join('\n');
}
