import { collectFields, collectSubFields } from '@graphql-tools/utils';
import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  getNamedType,
  isLeafType,
  isNonNullType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  visit,
} from 'graphql';
import { outputFieldOf } from '../outputs.ts';
import type { Write } from './draft.ts';
import { memberReader } from './member-reader.ts';
import { writeBytes } from './scratch.ts';
import { type WriteMember, writerOf } from './writers.ts';

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

export interface OperationSource {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
}

/** Whether a root field may be asked by {@link CompiledRoot} alone: its resolver needs the context and the response key only. */
export type IsKnownRoot = (field: GraphQLField<unknown, unknown>) => boolean;

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
