import { readFileSync } from 'node:fs';
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
import { type CodeBlockWriter, type StatementStructures, StructureKind } from 'ts-morph';
import { GatewayError } from '../../../core/errors.ts';
import type { Emitter } from '../emitter.ts';
import { renderTypescript } from '../render-typescript.ts';
import { type ClientTypes, createClientTypes, docs } from './client-types.ts';
import { operationDocument } from './operation-document.ts';

const target = 'client/noetl-gateway-client.ts';

/** One method of the client: a root field, how it is called and what comes back. */
interface ClientMethod {
  readonly name: string;
  readonly field: GraphQLField<unknown, unknown>;
  readonly document: string;
  readonly args: string | undefined;
  readonly argsOptional: boolean;
  readonly answer: string;
}

/** Methods that every client has, whatever the schema; a root field of such a name gets `Field` appended. */
const connectionMembers = new Set([
  'token',
  'login',
  'validate',
  'checkAccess',
  'logout',
  'request',
  'run',
  'subscribe',
  'waitForExecution',
  'watch',
]);

/**
 * A client for apps: one file that imports nothing, for browsers and Node, with a typed method for each root field.
 * Descriptions are the schema's own.
 */
export const emitClient: Emitter = ({ schema }) => {
  const [shapes = '', ...inner] = modules.map(readBeside);
  const declared = [shapes, ...inner].flatMap((text) => [...text.matchAll(declarations)]);
  const types = createClientTypes(declared.map(([, name]) => name ?? ''));
  const methods = methodsOf(schema, types);
  const content = renderTypescript('mesh/generated/schema.graphql', [
    shapes,
    ...inner.map(privately),
    types.statements,
    clientStatements(methods, schema),
  ]);
  return [{ path: target, content }];
};

/** The client's own half, in this order. */
const modules = [
  'client-shapes.ts',
  'client-documents.ts',
  'client-answers.ts',
  'client-runtime.ts',
  'client-watch.ts',
  'client-run.ts',
];

/** Names that a module declares at its top. */
const declarations = /^(?:export )?(?:async )?(?:interface|type|class|function\*?|const) (\w+)/gm;

/**
 * The client's inner half without what ties its files together: its imports, and its exports to the outer half; `paged` is for apps.
 * By text, so that every line and comment stays as it is; a compiler checks the result.
 */
const privately = (runtime: string): string =>
  runtime
    .replace(/^import [^;]*;\n/gm, '')
    .replaceAll(/^export (?=async function\*? (?!paged\b)|function |const |interface GraphqlAnswer)/gm, '');

/** The text of a module of this folder; the compiled package keeps their sources where they were. */
function readBeside(name: string): string {
  for (const folder of ['./', '../../../../generator/emit/client/']) {
    try {
      return readFileSync(new URL(`${folder}${name}`, import.meta.url), 'utf8');
    } catch {
      // The next place.
    }
  }
  throw new GatewayError('ERR_INTERNAL', 'The package lacks the text of the client.');
}

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
        argsOptional: !field.args.some(isRequiredArgument),
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

function clientStatements(methods: readonly ClientMethod[], schema: GraphQLSchema): readonly StatementStructures[] {
  const execution = methods.find(isExecutionField);
  const find = (name: string, arg: string) =>
    methods.find(({ field }) => field.name === name && field.args.some((one) => one.name === arg));
  const start = find('executePlaybook', 'variables');
  const runs: Runs = {
    execution,
    start: execution === undefined ? undefined : start,
    cancel: find('cancelExecution', 'id'),
  };
  return [clientInterface(methods, runs), createFunction(methods, { ...runs, updates: updatesDocument(schema) })];
}

/** The subscription to an execution, with every field that `execution` reads; undefined where the schema has none. */
function updatesDocument(schema: GraphQLSchema): string | undefined {
  const field = schema.getSubscriptionType()?.getFields()['executionUpdates'];
  const read = schema.getQueryType()?.getFields()['execution'];
  const isSame = field !== undefined && read !== undefined && getNamedType(field.type) === getNamedType(read.type);
  return isSame ? operationDocument('subscription', field) : undefined;
}

/** The methods that `waitForExecution`, `watch` and `run` are made of. */
interface Runs {
  readonly execution: ClientMethod | undefined;
  readonly start: ClientMethod | undefined;
  readonly cancel: ClientMethod | undefined;
  readonly updates?: string | undefined;
}

const clientInterface = (methods: readonly ClientMethod[], { execution, start }: Runs): StatementStructures => ({
  kind: StructureKind.Interface,
  name: 'GatewayClient',
  isExported: true,
  extends: ['GatewayConnection'],
  docs: ['A gateway, typed by its schema. Every method rejects with a {@link GatewayClientError}.'],
  methods: [
    ...methods.map(({ name, field, args, argsOptional, answer }) => ({
      name,
      parameters: [
        ...(args === undefined ? [] : [{ name: 'args', type: args, hasQuestionToken: argsOptional }]),
        { name: 'options', type: 'CallOptions', hasQuestionToken: true },
      ],
      returnType: `Promise<${answer}>`,
      docs: docs(field.description),
    })),
    ...(execution === undefined ? [] : [waitMethod(execution), watchMethod(execution)]),
    ...(execution === undefined || start === undefined ? [] : [runMethod(execution)]),
  ],
});

const createFunction = (methods: readonly ClientMethod[], runs: Runs): StatementStructures => ({
  kind: StructureKind.Function,
  name: 'createGatewayClient',
  isExported: true,
  parameters: [{ name: 'options', type: 'GatewayClientOptions' }],
  returnType: 'GatewayClient',
  docs: ['Makes a client; nothing is sent before a method is called.'],
  statements: [
    'const connection = createConnection(options);',
    (writer) => {
      writer.write(
        'const call = async <T>(field: string, query: string, args: object | undefined, more: CallOptions | undefined): Promise<T> => ',
      );
      writer.inlineBlock(() => {
        writer.writeLine('const data = await connection.request<Record<string, unknown>>(query, { ...args }, more);');
        writer.writeLine('return data[field] as T;');
      });
      writer.write(';');
    },
    (writer) => writeMethods(writer, methods, runs),
  ],
});

function writeMethods(
  writer: CodeBlockWriter,
  methods: readonly ClientMethod[],
  { execution, start, cancel, updates }: Runs,
): void {
  if (execution !== undefined) writeStream(writer, nonNull(execution), updates);
  writer.write('const client: GatewayClient = Object.assign(connection, ').inlineBlock(() => {
    for (const method of methods) writeMethod(writer, method);
    if (execution === undefined) return;
    writer.writeLine('waitForExecution: (id: string, more?: WaitOptions) =>');
    writer.indent(() => {
      writer.writeLine(`poll(() => client.${execution.name}({ id }, callOf(more)), more),`);
    });
    const type = nonNull(execution);
    writeWatch(writer, execution, updates);
    if (start === undefined) return;
    writer.writeLine(`run: (name: string, variables?: unknown, more?: RunOptions<${type}>) =>`);
    writer.indent(() => {
      writer.writeLine('runToEnd({');
      writer.writeLine(`  start: () => client.${start.name}({ name, variables }, callOf(more)),`);
      writer.writeLine(`  look: (id) => client.${execution.name}({ id }, callOf(more)),`);
      writer.writeLine('  stream,');
      writer.writeLine(`  cancel: async (id) => ${cancel === undefined ? 'id' : `client.${cancel.name}({ id })`},`);
      writer.writeLine('}, more),');
    });
  });
  writer.write(');').newLine();
  writer.writeLine('return client;');
}

/** Opens the subscription to an execution, where the schema has one. */
function writeStream(writer: CodeBlockWriter, type: string, updates: string | undefined): void {
  if (updates === undefined) {
    writer.writeLine('const stream = undefined;');
    return;
  }
  writer.write(`const stream = async function* (id: string, signal: AbortSignal): AsyncGenerator<${type} | null> `);
  writer.inlineBlock(() => {
    writer.writeLine(
      `const events = connection.subscribe<{ executionUpdates: ${type} | null }, object>(${JSON.stringify(updates)}, { id }, { signal });`,
    );
    writer.writeLine('for await (const { executionUpdates } of events) yield executionUpdates;');
  });
  writer.write(';').newLine();
}

function writeWatch(writer: CodeBlockWriter, execution: ClientMethod, updates: string | undefined): void {
  const stream = updates === undefined ? 'undefined' : '(signal) => stream(id, signal)';
  writer.writeLine('watch: (id: string, more?: WaitOptions) =>');
  writer.indent(() => {
    writer.writeLine(`watched(${stream}, () => client.${execution.name}({ id }, callOf(more)), more),`);
  });
}

function writeMethod(writer: CodeBlockWriter, method: ClientMethod): void {
  const { name, field, args, argsOptional, answer, document } = method;
  const parameter = args === undefined ? '' : `args${argsOptional ? '?' : ''}: ${args}, `;
  const given = args === undefined ? 'undefined' : 'args';
  writer.writeLine(`${name}: (${parameter}more?: CallOptions) =>`);
  writer.indent(() => {
    writer.writeLine(`call<${answer}>('${field.name}', ${JSON.stringify(document)}, ${given}, more),`);
  });
}

const waitMethod = (method: ClientMethod) => ({
  name: 'waitForExecution',
  parameters: [
    { name: 'id', type: 'string' },
    { name: 'options', type: 'WaitOptions', hasQuestionToken: true },
  ],
  returnType: `Promise<${nonNull(method)}>`,
  docs: ['Asks until the execution is over: completed, failed or cancelled. Failures that may pass are outlived.'],
});

const watchMethod = (method: ClientMethod) => ({
  name: 'watch',
  parameters: [
    { name: 'id', type: 'string' },
    { name: 'options', type: 'WaitOptions', hasQuestionToken: true },
  ],
  returnType: `AsyncGenerator<${nonNull(method)}>`,
  docs: [
    'The states of an execution as they come, until it is over. By a subscription; where that is not possible or breaks, by asking.',
  ],
});

const runMethod = (method: ClientMethod) => ({
  name: 'run',
  parameters: [
    { name: 'name', type: 'string' },
    { name: 'variables', type: 'unknown', hasQuestionToken: true },
    { name: 'options', type: `RunOptions<${nonNull(method)}>`, hasQuestionToken: true },
  ],
  returnType: `Promise<${nonNull(method)}>`,
  docs: [
    'Starts a playbook and follows it to its end. A failed or cancelled execution is a result; only calls that fail reject.',
  ],
});

/** The field to poll: `execution(id: ID!)` with a status. */
function isExecutionField({ field }: ClientMethod): boolean {
  const type = getNamedType(field.type);
  const required = field.args.filter(isRequiredArgument).map(({ name }) => name);
  return field.name === 'execution' && required.join() === 'id' && isObjectType(type) && 'status' in type.getFields();
}

const nonNull = ({ answer }: ClientMethod): string => answer.replace(/ \| null$/, '');
