import { readFileSync } from 'node:fs';
import type { GraphQLSchema } from 'graphql';
import { type CodeBlockWriter, type StatementStructures, StructureKind } from 'ts-morph';
import { GatewayError } from '../../../plugins/errors.ts';
import type { Emitter } from '../emitter.ts';
import { renderTypescript } from '../render-typescript.ts';
import { createClientTypes, docs } from './client-types.ts';
import { type ClientMethod, methodsOf } from './root-methods.ts';
import {
  isExecutionField,
  nonNull,
  type RunMethods,
  runMethod,
  updatesDocument,
  waitMethod,
  watchMethod,
  writeStream,
  writeWatch,
} from './run-methods.ts';

const target = 'client/noetl-gateway-client.ts';

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

function clientStatements(methods: readonly ClientMethod[], schema: GraphQLSchema): readonly StatementStructures[] {
  const execution = methods.find(isExecutionField);
  const find = (name: string, arg: string) =>
    methods.find(({ field }) => field.name === name && field.args.some((one) => one.name === arg));
  const start = find('executePlaybook', 'variables');
  const runs: RunMethods = {
    execution,
    start: execution === undefined ? undefined : start,
    cancel: find('cancelExecution', 'id'),
  };
  return [clientInterface(methods, runs), createFunction(methods, { ...runs, updates: updatesDocument(schema) })];
}

const clientInterface = (methods: readonly ClientMethod[], { execution, start }: RunMethods): StatementStructures => ({
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

const createFunction = (methods: readonly ClientMethod[], runs: RunMethods): StatementStructures => ({
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
  { execution, start, cancel, updates }: RunMethods,
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

function writeMethod(writer: CodeBlockWriter, method: ClientMethod): void {
  const { name, field, args, argsOptional, answer, document } = method;
  const parameter = args === undefined ? '' : `args${argsOptional ? '?' : ''}: ${args}, `;
  const given = args === undefined ? 'undefined' : 'args';
  writer.writeLine(`${name}: (${parameter}more?: CallOptions) =>`);
  writer.indent(() => {
    writer.writeLine(`call<${answer}>('${field.name}', ${JSON.stringify(document)}, ${given}, more),`);
  });
}
