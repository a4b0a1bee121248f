import {
  FieldsOnCorrectTypeRule,
  type GraphQLField,
  type GraphQLSchema,
  getNamedType,
  isObjectType,
  isRequiredArgument,
  KnownArgumentNamesRule,
  KnownTypeNamesRule,
  NoUndefinedVariablesRule,
  ProvidedRequiredArgumentsRule,
  parse,
  ScalarLeafsRule,
  VariablesAreInputTypesRule,
  VariablesInAllowedPositionRule,
  validate,
} from 'graphql';
import { GatewayError } from '../../../plugins/errors.ts';
import { quoteText } from '../../canonical-text.ts';
import { type Emitter, readAsset } from '../emitter.ts';
import { operationDocument } from '../operation-document.ts';
import { declareInterface, indent, type Member, typescriptFile } from '../typescript.ts';
import { type ClientTypes, createClientTypes } from './client-types.ts';

const target = 'client/noetl-gateway-client.ts';

/**
 * A client for apps: one file that imports nothing, for browsers and Node, with a typed method for each root field.
 * Descriptions are the schema's own. What does not depend on the schema is written by hand, in `client-runtime.ts`.
 */
export const emitClient: Emitter = ({ schema }) => {
  const runtime = readAsset('generator/emit/client/client-runtime.ts').replaceAll(innerExport, '');
  const declared = [...runtime.matchAll(declaration)].map(([, name = '']) => name);
  const types = createClientTypes([...globals, ...declared, 'GatewayClient', 'createGatewayClient']);
  const methods = methodsOf(schema, types);
  const parts = [runtime, ...types.declarations, ...clientParts(methods, schema)];
  return [{ path: target, content: typescriptFile('mesh/generated/schema.graphql', parts) }];
};

/** What the other half of the client uses of the runtime, and apps do not; they have `paged` and the types. */
const innerExport = /^export (?=(?:async )?function\*? (?!paged\b)|const |interface ExecutionCalls)/gm;

/** Names that the runtime declares at its top. */
const declaration = /^(?:export )?(?:async )?(?:interface|type|class|function\*?|const) (\w+)/gm;

/** Names that the client uses, which a type of the schema would hide. */
const globals = [
  ...['AbortSignal', 'Date', 'Error', 'JSON', 'Map', 'Math', 'Number'],
  ...['Omit', 'Pick', 'Promise', 'Record', 'Response', 'Set', 'String'],
];

/** One method of the client: a root field, how it is called and what comes back. */
interface ClientMethod {
  readonly name: string;
  readonly field: GraphQLField<unknown, unknown>;
  readonly document: string;
  /** Name of the type of its arguments; undefined when it has none. */
  readonly args: string | undefined;
  readonly answer: string;
}

/** Methods that every client has, whatever the schema; a root field of such a name gets `Field` appended. */
const connectionMembers = new Set([
  ...['token', 'login', 'validate', 'checkAccess', 'logout', 'request', 'subscribe'],
  ...['run', 'waitForExecution', 'watch'],
]);

/** A method for each root field, its document checked. @throws ERR_INTERNAL when a document does not fit the schema */
function methodsOf(schema: GraphQLSchema, types: ClientTypes): readonly ClientMethod[] {
  const roots = [
    ['query', schema.getQueryType()],
    ['mutation', schema.getMutationType()],
  ] as const;
  const methods = roots.flatMap(([root, type]) =>
    Object.values(type?.getFields() ?? {})
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .map((field) => ({
        name: connectionMembers.has(field.name) ? `${field.name}Field` : field.name,
        field,
        document: operationDocument(root, field),
        args: types.argumentsOf(field),
        answer: types.output(field.type),
      })),
  );
  assertValid(schema, methods);
  return methods;
}

/** What can be wrong with a document that is made of the schema. */
const rules = [
  FieldsOnCorrectTypeRule,
  KnownArgumentNamesRule,
  KnownTypeNamesRule,
  NoUndefinedVariablesRule,
  ProvidedRequiredArgumentsRule,
  ScalarLeafsRule,
  VariablesAreInputTypesRule,
  VariablesInAllowedPositionRule,
];

/** All at once: each validation begins with a list of every type of the schema. */
function assertValid(schema: GraphQLSchema, methods: readonly ClientMethod[]): void {
  const text = methods.map(({ document }) => document).join('\n');
  const [problem] = validate(schema, parse(text, { noLocation: true }), rules);
  if (problem !== undefined) throw new GatewayError('ERR_INTERNAL', `the client: ${problem.message}`);
}

/** The interface `GatewayClient` and the function that makes one. */
function clientParts(methods: readonly ClientMethod[], schema: GraphQLSchema): readonly string[] {
  const runs = executionPart(methods, schema);
  const parents = ['GatewayConnection', ...(runs === undefined ? [] : [runs.type])];
  const client = declareInterface({
    name: 'GatewayClient',
    parents,
    doc: 'A gateway, typed by its schema. Every method rejects with a {@link GatewayClientError}.',
    members: methods.map(signature),
  });
  const fields = `Omit<GatewayClient, ${parents.map((parent) => `keyof ${parent}`).join(' | ')}>`;
  const body = [
    'const connection = createConnection(options);',
    'const call = fieldCaller(connection);',
    `const fields: ${fields} = {`,
    ...methods.map(implementation),
    '};',
    ...(runs === undefined ? [] : [runs.code]),
    `return Object.assign(connection, fields${runs === undefined ? '' : ', executions'});`,
  ];
  const creator = [
    '/** Makes a client; nothing is sent before a method is called. */',
    'export function createGatewayClient(options: GatewayClientOptions): GatewayClient {',
    indent(body.join('\n')),
    '}',
  ];
  return [client, creator.join('\n')];
}

function signature({ name, field, args, answer }: ClientMethod): Member {
  const optional = field.args.some(isRequiredArgument) ? '' : '?';
  const given = args === undefined ? '' : `args${optional}: ${args}, `;
  return { text: `${name}(${given}options?: CallOptions): Promise<${answer}>;`, doc: field.description };
}

function implementation({ name, field, args, document }: ClientMethod): string {
  const given = args === undefined ? ['more', 'undefined'] : ['args, more', 'args'];
  return indent(
    `${name}: (${given[0]}) =>\n  call(${quoteText(field.name)}, ${quoteText(document)}, ${given[1]}, more),`,
  );
}

/** The methods that follow an execution; undefined where the schema has no `execution(id: ID!)` with a status. */
function executionPart(methods: readonly ClientMethod[], schema: GraphQLSchema) {
  const find = (name: string, arg: string) =>
    methods.find(({ field }) => field.name === name && field.args.some((one) => one.name === arg));
  const read = methods.find(isExecutionField);
  if (read === undefined) return undefined;
  const [start, cancel] = [find('executePlaybook', 'variables'), find('cancelExecution', 'id')];
  const updates = updatesDocument(schema);
  const execution = read.answer.replace(/ \| null$/, '');
  const all = `ExecutionMethods<${execution}>`;
  const code = [
    `const executions = executionMethods<${execution}>({`,
    `  read: (id, more) => fields.${read.name}({ id }, more),`,
    start === undefined
      ? '  start: async () => null,'
      : `  start: (name, variables, more) => fields.${start.name}({ name, variables }, more),`,
    cancel === undefined ? '  cancel: async () => {},' : `  cancel: (id) => fields.${cancel.name}({ id }),`,
    `  updates: updatesOf<${execution}>(connection, ${updates === undefined ? 'undefined' : quoteText(updates)}),`,
    '});',
  ];
  return { type: start === undefined ? `Omit<${all}, 'run'>` : all, code: code.join('\n') };
}

function isExecutionField({ field }: ClientMethod): boolean {
  const type = getNamedType(field.type);
  const required = field.args.filter(isRequiredArgument).map(({ name }) => name);
  return field.name === 'execution' && required.join() === 'id' && isObjectType(type) && 'status' in type.getFields();
}

/** The subscription to an execution, with every field that `execution` reads; undefined without one. */
function updatesDocument(schema: GraphQLSchema): string | undefined {
  const field = schema.getSubscriptionType()?.getFields()['executionUpdates'];
  const read = schema.getQueryType()?.getFields()['execution'];
  const isSame = field !== undefined && read !== undefined && getNamedType(field.type) === getNamedType(read.type);
  return isSame ? operationDocument('subscription', field) : undefined;
}
