import { parse, print } from 'graphql';
import { gatewayArguments, isProtocolField, type ProtocolField, protocolFields } from '../../plugins/operation-kind.ts';
import type { TableRow } from './mesh-config.ts';

/** What Mesh's handler needs to know; `shape-schema.ts` writes the whole instruction afterwards. */
const directives = `scalar JSON
scalar ObjMap
enum HTTPMethod { GET POST PUT PATCH DELETE }
directive @httpOperation(subgraph: String, path: String, httpMethod: HTTPMethod, requestBaseBody: ObjMap) on FIELD_DEFINITION
`;

/**
 * `Execution`, `ExecutionFailure` and `ExecutionStep`: the protocol (Check Execution Status) names `id`, `status` and
 * `result`; the others are the gateway's own additions. `gateway/executions/execution-views.ts` fills them.
 */
const executionTypes = `"A run of a playbook."
type Execution {
  id: ID!
  "The same as id."
  executionId: ID!
  "Path of the playbook in the catalog."
  path: String
  "The last part of the path."
  name: String
  "Version of the playbook."
  version: Int
  "RUNNING, COMPLETED, FAILED or CANCELLED."
  status: String!
  "What the playbook produced: the result of its last step, or of all steps by name."
  result: JSON
  "The step that the result is of; null when it holds several."
  resultStep: String
  "The text of the result, for chats."
  textOutput: String
  "Why it failed."
  error: String
  "The step that failed first, also while others still run, and where the run went on after a sub-playbook that failed."
  failure: ExecutionFailure
  "Steps in the order of their start, all of them or those that are named."
  steps(names: [String!]): [ExecutionStep!]
  "The step that runs."
  currentStep: String
  "Percent of its steps."
  progress: Int
  startedAt: String
  "Null while it runs."
  finishedAt: String
  "The execution that started this one."
  parentId: ID
}
"Why a step failed."
type ExecutionFailure {
  step: String
  "The whole message, up to 4 KiB, with its lines; without secrets, SQL and stack traces."
  message: String!
  "What the tool or NoETL calls the error, such as HTTP_500."
  code: String
  "The status that the step's own call was answered with."
  httpStatus: Int
  "Whether the tool or NoETL reports that it may pass."
  retryable: Boolean
}
"A step of an execution."
type ExecutionStep {
  name: String!
  "RUNNING, COMPLETED, FAILED, CANCELLED or SKIPPED."
  status: String!
  startedAt: String
  finishedAt: String
  "How often it was started."
  attempts: Int!
  "When a worker last reported it."
  lastSeenAt: String
  "The execution that it started, when it runs a playbook: of several the one that failed, else the last."
  executionId: ID
  "The executions that it started; in a loop one for each iteration that has ended."
  executionIds: [ID!]
  result: JSON
  "Why it failed; of a completed step, the error that the playbook handled."
  error: String
  "The same with its code."
  failure: ExecutionFailure
}`;

/**
 * The answer to a start: the protocol (Execute Playbook) names `id`, `name`, `status` and `textOutput`.
 * `gateway/executions/execution-commands.ts` fills it.
 */
const startTypes = `"A playbook that was started."
type ExecuteResult {
  "Id of the new execution."
  id: ID!
  "The same as id."
  executionId: ID!
  "The last part of the path."
  name: String
  "Path of the playbook in the catalog."
  path: String
  "running, or with waitSeconds the status at its end."
  status: String!
  "The text of the result; null until its end."
  textOutput: String
  "Names the start to the client that gave a clientId."
  requestId: String
  clientId: String
  "The result; null until its end."
  result: JSON
  "Why it failed."
  error: String
  "The execution; null unless waitSeconds was given."
  execution: Execution
}`;

/** Types that the gateway's own resolvers fill; their fields have no wire names. */
export const ownTypes = (operations: readonly TableRow[]): ReadonlySet<string> =>
  new Set(
    [executionTypes, startTypes, ...actionsOf(operations).map(({ action }) => action.typeDefs)].flatMap((sdl) =>
      [...sdl.matchAll(/^(?:type|input) (\w+)/gm)].map(([, name = '']) => name),
    ),
  );

type ActionOperation = TableRow & { readonly action: NonNullable<TableRow['action']> };

const actionsOf = (operations: readonly TableRow[]): readonly ActionOperation[] =>
  operations.filter((row): row is ActionOperation => row.action !== undefined);

/**
 * The annotated SDL of the fields whose shape the protocol or an action fixes, for Mesh's JSON-schema handler; only those that
 * are open. Arguments that the gateway itself answers to are there and are not sent.
 * @returns undefined when no such field is open.
 */
export function protocolSdl(operations: readonly TableRow[]): string | undefined {
  const open = operations.filter(isProtocolRow);
  const actions = actionsOf(operations);
  if (open.length + actions.length === 0) return undefined;
  const roots = Map.groupBy([...open, ...actions], (row) => rootOf(row));
  const blocks = [...roots].map(
    ([root, rows]) => `type ${rootNames[root]} {\n${rows.map((row) => sdlOf(row)).join('\n')}\n}`,
  );
  // The operations of one action have the same types.
  const types = [...new Set(actions.flatMap(({ action }) => definitionsOf(action.typeDefs)))];
  const starts = open.some(({ field }) => protocolFields[field].root === 'mutation');
  return [directives, ...blocks, ...(starts ? [startTypes] : []), executionTypes, ...types].join('\n');
}

const definitionsOf = (sdl: string): readonly string[] => parse(sdl, { noLocation: true }).definitions.map(print);

type ProtocolRow = TableRow & { readonly field: ProtocolField };

const isProtocolRow = (row: TableRow): row is ProtocolRow =>
  row.source.kind === 'upstream' && isProtocolField(row.field);

const rootOf = (row: ProtocolRow | ActionOperation): 'query' | 'mutation' =>
  isProtocolRow(row) ? protocolFields[row.field].root : row.root === 'query' ? 'query' : 'mutation';

const sdlOf = (row: ProtocolRow | ActionOperation): string =>
  isProtocolRow(row) ? fieldSdl[row.field](row) : actionSdl(row);

function actionSdl(row: ActionOperation): string {
  const { action, field, root, source } = row;
  if (root === 'mutation') return startSdl(row, action.input === '' ? [] : [action.input], action.type);
  return `  ${field}(${action.input}): ${action.type}
    @httpOperation(subgraph: "Protocol", path: ${quoted(pathOf(source).replace(/\{[^{}]*\}/, '{args.id}'))}, httpMethod: GET)`;
}

const rootNames = { query: 'Query', mutation: 'Mutation' } as const;

const fieldSdl: Readonly<Record<ProtocolField, (row: ProtocolRow) => string>> = {
  executePlaybook: (row) => {
    // Older releases of NoETL have no such argument.
    const kind = row.args.some(({ name }) => name === 'resourceKind') ? ['resourceKind: String'] : [];
    return startSdl(row, ['name: String!', 'variables: JSON', ...kind]);
  },
  rerunExecution: (row) => startSdl(row, ['variables: JSON']),
  execution: ({ source }) => `  execution(id: ID!): Execution
    @httpOperation(subgraph: "Protocol", path: ${quoted(pathOf(source).replace(/\{[^{}]*\}/, '{args.id}'))}, httpMethod: GET)`,
};

function startSdl({ field, kind, source, args }: TableRow, offered: readonly string[], type = 'ExecuteResult'): string {
  // Not in the body: the gateway answers to them itself.
  const own = Object.entries(gatewayArguments[kind] ?? {}).map(([name, type]) => `${name}: ${type}`);
  const body = args
    .filter((arg) => arg.in === 'body' && arg.name !== undefined)
    .map((arg) => `${arg.wire}: "{args.${arg.name}}"`)
    .join(', ');
  return `  ${field}(${[...offered, ...own].join(', ')}): ${type}
    @httpOperation(subgraph: "Protocol", path: ${quoted(pathOf(source))}, httpMethod: POST, requestBaseBody: {${body}})`;
}

const pathOf = (source: TableRow['source']): string => (source.kind === 'upstream' ? source.path : '');
const quoted = (text: string): string => JSON.stringify(text);
