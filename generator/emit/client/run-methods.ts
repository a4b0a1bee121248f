import { type GraphQLSchema, getNamedType, isObjectType, isRequiredArgument } from 'graphql';
import type { CodeBlockWriter } from 'ts-morph';
import { operationDocument } from './operation-document.ts';
import type { ClientMethod } from './root-methods.ts';

/** The subscription to an execution, with every field that `execution` reads; undefined where the schema has no such subscription. */
export function updatesDocument(schema: GraphQLSchema): string | undefined {
  const field = schema.getSubscriptionType()?.getFields()['executionUpdates'];
  const read = schema.getQueryType()?.getFields()['execution'];
  const isSame = field !== undefined && read !== undefined && getNamedType(field.type) === getNamedType(read.type);
  return isSame ? operationDocument('subscription', field) : undefined;
}

/** The methods that `waitForExecution`, `watch` and `run` are made of. */
export interface RunMethods {
  readonly execution: ClientMethod | undefined;
  readonly start: ClientMethod | undefined;
  readonly cancel: ClientMethod | undefined;
  readonly updates?: string | undefined;
}

/** Opens the subscription to an execution, where the schema has one. */
export function writeStream(writer: CodeBlockWriter, type: string, updates: string | undefined): void {
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

export function writeWatch(writer: CodeBlockWriter, execution: ClientMethod, updates: string | undefined): void {
  const stream = updates === undefined ? 'undefined' : '(signal) => stream(id, signal)';
  writer.writeLine('watch: (id: string, more?: WaitOptions) =>');
  writer.indent(() => {
    writer.writeLine(`watched(${stream}, () => client.${execution.name}({ id }, callOf(more)), more),`);
  });
}

export const waitMethod = (method: ClientMethod) => ({
  name: 'waitForExecution',
  parameters: [
    { name: 'id', type: 'string' },
    { name: 'options', type: 'WaitOptions', hasQuestionToken: true },
  ],
  returnType: `Promise<${nonNull(method)}>`,
  docs: ['Asks until the execution is over: completed, failed or cancelled. Failures that may pass are outlived.'],
});

export const watchMethod = (method: ClientMethod) => ({
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

export const runMethod = (method: ClientMethod) => ({
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
export function isExecutionField({ field }: ClientMethod): boolean {
  const type = getNamedType(field.type);
  const required = field.args.filter(isRequiredArgument).map(({ name }) => name);
  return field.name === 'execution' && required.join() === 'id' && isObjectType(type) && 'status' in type.getFields();
}

export const nonNull = ({ answer }: ClientMethod): string => answer.replace(/ \| null$/, '');
