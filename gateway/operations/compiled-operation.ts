import { collectFields, collectSubFields } from '@graphql-tools/utils';
import {
  type DocumentNode,
  type ExecutionResult,
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLError,
  type GraphQLField,
  type GraphQLLeafType,
  type GraphQLObjectType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isLeafType,
  isNonNullType,
  isObjectType,
  Kind,
  locatedError,
  type OperationDefinitionNode,
  visit,
} from 'graphql';
import { GatewayError } from '../../plugins/errors.ts';
import type { JsonObject } from '../../plugins/noetl/json-object.ts';
import { type OutputField, outputFieldOf } from './outputs.ts';
import {
  Draft,
  type OperationArgs,
  OperationRun,
  type Write,
  type WriteMember,
  type WrittenJson,
  writeBytes,
  writerOf,
} from './written-json.ts';

/** A member of an object type as an operation selects it. */
interface SelectedMember {
  /** The comma before the member, if there is one, its name and the colon. */
  readonly prefix: string;
  readonly field: GraphQLField<unknown, unknown>;
  readonly node: FieldNode;
  readonly output: OutputField;
  readonly write: Write;
}

/**
 * Reads a selected member as its resolver does, and writes it. What it writes is the same as graphql-js would write
 * with the resolver of `outputs.ts`, which is compared by tests with random answers.
 */
function memberReader({ prefix, field, node, output, write }: SelectedMember): WriteMember {
  const { convert } = output;
  const name = Buffer.from(prefix);
  const read = readerOf(output.wire, field.name);
  const hasArgs = field.args.length > 0;
  const type = getNullableType(field.type);
  const leaf = isLeafType(type) ? type : undefined;
  return (source, draft) => {
    writeBytes(name);
    const args = hasArgs ? draft.run.argsOf(field, node) : noArgs;
    const value = read(source);
    if (typeof value === 'function') return callMember(value as WrittenMember, args, draft, leaf, write);
    // A promised value is not checked here: the writer of a type that is not null leaves a missing one to the stock
    // executor.
    write(convert === undefined ? value : convert(value), draft);
  };
}

/** A member of a view that is worked out when it is selected. */
interface WrittenMember {
  (args: Readonly<Record<string, unknown>>): unknown;
  /** Its value as JSON in UTF-8, as far as it is kept. @param serialize of the field's type */
  readonly json?: (serialize: (value: unknown) => unknown) => Promise<Buffer>;
}

const noArgs = Object.freeze({});

/** Once something is left to the stock executor, nothing more is asked for: it may not ask for it either. */
function callMember(
  call: WrittenMember,
  args: Readonly<Record<string, unknown>>,
  draft: Draft,
  leaf: GraphQLLeafType | undefined,
  write: Write,
): void {
  if (draft.run.needsGraphqlJs) return;
  // The bytes of a kept result are copied as they are.
  if (call.json !== undefined && leaf !== undefined) draft.laterJson(call.json(leaf.serialize));
  else write(call(args), draft);
}

/** An object's own member by its name on the wire, else by the field's name. */
function readerOf(wire: string, name: string): (source: JsonObject) => unknown {
  // What every object inherits is not a member.
  if (wire in Object.prototype || name in Object.prototype) {
    return (source) => (Object.hasOwn(source, wire) ? source[wire] : ownMember(source, name));
  }
  if (wire === name) return (source) => source[name];
  return (source) => {
    const value = source[wire];
    return value !== undefined || Object.hasOwn(source, wire) ? value : source[name];
  };
}

const ownMember = (source: JsonObject, name: string): unknown =>
  Object.hasOwn(source, name) ? source[name] : undefined;

/** A root field of a compiled operation. */
export interface CompiledRoot {
  readonly key: string;
  /** `{"key":` of the first one, `,"key":` of the others. */
  readonly prefix: Uint8Array;
  /** What its resolver is given about the field. */
  readonly info: Pick<GraphQLResolveInfo, 'fieldName' | 'path'>;
  readonly nodes: readonly FieldNode[];
  /** Undefined: it is `__typename`, and `write` needs no answer. */
  readonly field: GraphQLField<unknown, unknown> | undefined;
  readonly isNullable: boolean;
  /** Writes the answer, without the key. */
  readonly write: Write;
}

/** An operation whose answer is written without an executor. */
export interface CompiledOperation {
  readonly roots: readonly CompiledRoot[];
  /** Fields that are written, fragments spread out. */
  readonly fieldCount: number;
}

interface OperationSource {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
}

/** Whether a root field may be asked by {@link CompiledRoot} alone: its resolver needs the context and the response key only. */
type IsKnownRoot = (field: GraphQLField<unknown, unknown>) => boolean;

/** Fragments that use fragments can spread out to any size, so that a short document would fill the memory. */
const maxFields = 1_000;
const noVariables = { coerced: {}, sources: {} };

/**
 * Compiles a validated operation of plain selections: fields, fragments, lists, objects, scalars and enums (ADR 0026).
 * @param source a document that has passed validation; selections are not checked again
 * @param isKnownRoot false for resolvers that plugins have wrapped
 * @returns undefined for what is left to the stock executor: directives, introspection, abstract types, subscriptions,
 * several fields of a mutation, resolvers that are not the gateway's own
 */
export function compileOperation(source: OperationSource, isKnownRoot: IsKnownRoot): CompiledOperation | undefined {
  const { schema, document, operation } = source;
  const type = schema.getRootType(operation.operation);
  if (operation.operation === 'subscription' || !type || hasDirectives(document)) return undefined;
  const compiler = new Compiler(schema, fragmentsOf(document));
  const selected = [...collectFields(schema, compiler.fragments, noVariables, type, operation.selectionSet).fields];
  // Fields of a mutation run one after another (GraphQL specification, Mutation); compiled ones are asked together.
  if (operation.operation === 'mutation' && selected.length !== 1) return undefined;
  const roots: CompiledRoot[] = [];
  for (const [key, nodes] of selected) {
    const root = compiler.root(key, nodes, type, isKnownRoot);
    if (root === undefined) return undefined;
    roots.push(root);
  }
  return { roots, fieldCount: compiler.fieldCount };
}

class Compiler {
  fieldCount = 0;
  readonly #schema: GraphQLSchema;
  readonly fragments: Record<string, FragmentDefinitionNode>;

  constructor(schema: GraphQLSchema, fragments: Record<string, FragmentDefinitionNode>) {
    this.#schema = schema;
    this.fragments = fragments;
  }

  root(key: string, nodes: FieldNode[], type: GraphQLObjectType, isKnown: IsKnownRoot): CompiledRoot | undefined {
    const prefix = Buffer.from(`${this.fieldCount === 0 ? '{' : ','}${JSON.stringify(key)}:`);
    this.fieldCount += 1;
    const fieldName = nameOf(nodes);
    const info = Object.freeze({ fieldName, path: Object.freeze({ prev: undefined, key, typename: undefined }) });
    if (fieldName === '__typename') {
      const write = constantWriter(JSON.stringify(type.name));
      return { key, prefix, info, nodes, field: undefined, isNullable: false, write };
    }
    const field = type.getFields()[fieldName];
    if (field === undefined || !isKnown(field)) return undefined;
    const write = this.#field(field, nodes);
    return write && { key, prefix, info, nodes, field, isNullable: !isNonNullType(field.type), write };
  }

  #field(field: GraphQLField<unknown, unknown>, nodes: FieldNode[]): Write | undefined {
    const type = getNamedType(field.type);
    if (isLeafType(type)) return writerOf(field.type, undefined);
    // A type that checks its own values is completed by graphql-js.
    if (!isObjectType(type) || type.isTypeOf != null) return undefined;
    const members = this.#members(type, nodes);
    return members && writerOf(field.type, members);
  }

  #members(type: GraphQLObjectType, nodes: FieldNode[]): readonly WriteMember[] | undefined {
    const { fields } = collectSubFields(this.#schema, this.fragments, noVariables, type, nodes);
    const members: WriteMember[] = [];
    for (const [key, selected] of fields) {
      const member = this.#member(`${members.length === 0 ? '' : ','}${JSON.stringify(key)}:`, selected, type);
      if (member === undefined) return undefined;
      members.push(member);
    }
    return members;
  }

  #member(prefix: string, nodes: FieldNode[], type: GraphQLObjectType): WriteMember | undefined {
    this.fieldCount += 1;
    const [node] = nodes;
    if (node === undefined || this.fieldCount > maxFields) return undefined;
    if (node.name.value === '__typename') {
      return constantWriter(`${prefix}${JSON.stringify(type.name)}`);
    }
    const field = type.getFields()[node.name.value];
    // A resolver that is not made by `attachOutputs` may do anything, and must be called.
    const output = outputFieldOf(field?.resolve);
    if (field === undefined || output === undefined) return undefined;
    const write = this.#field(field, nodes);
    return write && memberReader({ prefix, field, node, output, write });
  }
}

const constantWriter = (json: string) => {
  const bytes = Buffer.from(json);
  return () => writeBytes(bytes);
};

const nameOf = ([node]: readonly FieldNode[]): string => node?.name.value ?? '';

function hasDirectives(document: DocumentNode): boolean {
  let found = false;
  visit(document, {
    Directive: () => {
      found = true;
    },
  });
  return found;
}

function fragmentsOf(document: DocumentNode): Record<string, FragmentDefinitionNode> {
  // Without a prototype: a fragment may be named `constructor`.
  const fragments: Record<string, FragmentDefinitionNode> = Object.create(null);
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments[definition.name.value] = definition;
  }
  return fragments;
}

/**
 * What became of a compiled operation: its data as JSON; or a whole result, when its only root field has failed; or
 * the answers of its root fields by response key, for graphql-js to complete.
 */
type CompiledOutcome =
  | { readonly data: WrittenJson }
  | { readonly result: ExecutionResult }
  | { readonly answers: ReadonlyMap<string, Promise<unknown>> };

/**
 * Asks the root fields of a compiled operation, each once, and writes their answers.
 * @param args resolvers run with the context; each checks its own decision there
 */
export async function runCompiled({ roots }: CompiledOperation, args: OperationArgs): Promise<CompiledOutcome> {
  const asked = askAll(roots, args.contextValue);
  const draft = new Draft(new OperationRun(args));
  for (const [index, { prefix, write }] of roots.entries()) {
    let answer: unknown;
    try {
      answer = await asked[index];
    } catch (error) {
      const result = failedResult(roots, error);
      return result === undefined ? { answers: answersOf(roots, asked) } : { result };
    }
    draft.append(answer, write, prefix);
    if (draft.run.needsGraphqlJs) break;
  }
  // Gaps can still leave the run to graphql-js, so they are filled before it is judged.
  const filled = draft.filled();
  if (filled !== undefined) await filled;
  return draft.run.needsGraphqlJs ? { answers: answersOf(roots, asked) } : { data: draft.json('}') };
}

/** Together, as fields of a query may be; they are written in the order of the selection. */
function askAll(roots: readonly CompiledRoot[], context: unknown): readonly (Promise<unknown> | undefined)[] {
  const asked = roots.map((root) => ask(root, context));
  // Whether one fails is looked at in its turn, which for a single one is now.
  if (asked.length > 1) for (const answer of asked) answer?.catch(ignore);
  return asked;
}

const ignore = (): void => {};

/** Of all that a resolver is given about a field, the gateway's own use these. */
function ask({ field, info }: CompiledRoot, context: unknown): Promise<unknown> | undefined {
  if (field?.resolve === undefined) return undefined;
  try {
    return Promise.resolve(field.resolve(undefined, noArguments, context, info as GraphQLResolveInfo));
  } catch (error) {
    return Promise.reject(error);
  }
}

/** Each resolver takes the arguments that were decided on. */
const noArguments = Object.freeze({});

/** As graphql-js words it. @returns undefined when that is more than one null and an error of the gateway's own */
function failedResult([root, ...others]: readonly CompiledRoot[], error: unknown): ExecutionResult | undefined {
  if (root === undefined || others.length > 0 || !root.isNullable || !(error instanceof GatewayError)) return undefined;
  // About arguments, which graphql-js coerces again.
  if (error.cause instanceof GraphQLError) return undefined;
  const data: Record<string, unknown> = Object.create(null);
  data[root.key] = null;
  return { errors: [locatedError(error, root.nodes, [root.key])], data };
}

function answersOf(roots: readonly CompiledRoot[], asked: readonly (Promise<unknown> | undefined)[]) {
  return new Map(
    roots.flatMap(({ key }, index) => {
      const answer = asked[index];
      return answer === undefined ? [] : [[key, answer] as const];
    }),
  );
}
