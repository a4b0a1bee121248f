import { collectFields, getDefinedRootType } from '@graphql-tools/utils';
import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLError,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
  getArgumentValues,
  getOperationAST,
  getVariableValues,
  Kind,
  type OperationDefinitionNode,
} from 'graphql';
import { GatewayError } from '../errors.ts';

/** A GraphQL operation as it is about to run. */
export interface OperationToRun {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly operationName?: string | null | undefined;
  readonly variableValues?: unknown;
}

/** A root field that will run. `args` are coerced: variables resolved, defaults applied; a GatewayError when that failed. */
export interface SelectedField {
  readonly responseKey: string;
  readonly name: string;
  /** Undefined: the schema has no such field, or it is one of introspection. */
  readonly field: GraphQLField<unknown, unknown> | undefined;
  readonly args: Readonly<Record<string, unknown>> | GatewayError;
  readonly node: FieldNode;
}

/** What will run; or, when the request itself is wrong, the errors that the executor would answer with. */
export type RootFields =
  | {
      readonly definition: OperationDefinitionNode;
      readonly fields: readonly SelectedField[];
    }
  | { readonly errors: readonly GraphQLError[] };

/**
 * Every root field that will run: of the selected operation, through fragments of any nesting, with `@skip` and
 * `@include` applied, deferred ones too. Fields are collected as the executor collects them.
 */
export function rootFieldsOf({ schema, document, operationName, variableValues }: OperationToRun): RootFields {
  const operation = getOperationAST(document, operationName);
  if (!operation) return { errors: [new GraphQLError('Could not determine what operation to execute.')] };
  const variables = getVariableValues(schema, operation.variableDefinitions ?? [], recordOf(variableValues));
  if (variables.errors !== undefined) return { errors: variables.errors };
  const type = getDefinedRootType(schema, operation.operation);
  const known = type.getFields();
  const nodes = plainFieldsOf(operation) ?? collected(schema, document, operation, type, variables.coerced);
  const fields = nodes.map(([responseKey, node]): SelectedField => {
    const field = Object.hasOwn(known, node.name.value) ? known[node.name.value] : undefined;
    const args = field === undefined ? {} : argsOf(field, node, variables.coerced);
    return { responseKey, name: node.name.value, field, args, node };
  });
  return { definition: operation, fields };
}

/** Validation has made sure that all nodes under one key ask for the same; the resolver's guard checks the name again. */
type KeyedNode = readonly [responseKey: string, node: FieldNode];

const plain = new WeakMap<OperationDefinitionNode, readonly KeyedNode[] | undefined>();

/** The root fields of an operation that do not depend on variables; undefined when it has others. Found once. */
function plainFieldsOf(operation: OperationDefinitionNode): readonly KeyedNode[] | undefined {
  if (!plain.has(operation)) plain.set(operation, findPlainFields(operation));
  return plain.get(operation);
}

function findPlainFields({ selectionSet: { selections } }: OperationDefinitionNode): readonly KeyedNode[] | undefined {
  const nodes = new Map<string, FieldNode>();
  for (const node of selections) {
    if (node.kind !== Kind.FIELD || (node.directives?.length ?? 0) > 0) return undefined;
    const key = node.alias?.value ?? node.name.value;
    if (!nodes.has(key)) nodes.set(key, node);
  }
  return [...nodes];
}

function collected(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  type: GraphQLObjectType,
  coerced: Record<string, unknown>,
): readonly KeyedNode[] {
  const variables = { coerced, sources: {} };
  const { fields, patches } = collectFields(schema, fragmentsOf(document), variables, type, operation.selectionSet);
  const all = [fields, ...patches.map((patch) => patch.fields)].flatMap((map) => [...map.entries()]);
  return all.flatMap(([key, nodes]) => nodes.slice(0, 1).map((node): KeyedNode => [key, node]));
}

function argsOf(field: GraphQLField<unknown, unknown>, node: FieldNode, variables: Record<string, unknown>) {
  try {
    return getArgumentValues(field, node, variables);
  } catch (error) {
    const message = error instanceof GraphQLError ? error.message : 'the arguments cannot be read';
    return new GatewayError('ERR_REQUEST_INVALID', message, { cause: error });
  }
}

function fragmentsOf(document: DocumentNode): Record<string, FragmentDefinitionNode> {
  const fragments: Record<string, FragmentDefinitionNode> = Object.create(null);
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments[definition.name.value] = definition;
  }
  return fragments;
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
