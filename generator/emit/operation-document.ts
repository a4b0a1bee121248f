import {
  type FieldNode,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLOutputType,
  getNamedType,
  isLeafType,
  isObjectType,
  isRequiredArgument,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  parseType,
  print,
  type SelectionSetNode,
  stripIgnoredCharacters,
} from 'graphql';

/** Levels of objects below an object; what lies deeper needs your own document. */
const maxHeight = 4;

/**
 * The fields that a client reads of an object by default: every field that needs no argument and does
 * not lead back to the object. The same wherever the object occurs, so that one TypeScript type describes it.
 */
export function defaultFields(type: GraphQLObjectType): readonly GraphQLField<unknown, unknown>[] {
  return Object.values(type.getFields()).filter((field) => {
    if (field.args.some(isRequiredArgument)) return false;
    const named = getNamedType(field.type);
    if (isLeafType(named)) return true;
    // A type that leads back to this one would be selected without an end.
    return isObjectType(named) && named !== type && !reaches(named, type) && height(named) <= maxHeight;
  });
}

type Root = 'query' | 'mutation' | 'subscription';

const operationTypes: Readonly<Record<Root, OperationTypeNode>> = {
  query: OperationTypeNode.QUERY,
  mutation: OperationTypeNode.MUTATION,
  subscription: OperationTypeNode.SUBSCRIPTION,
};

/** The document of {@link operationNode} in one line. */
export const operationDocument = (root: Root, field: GraphQLField<unknown, unknown>): string =>
  stripIgnoredCharacters(print(operationNode(root, field)));

/**
 * The operation that calls one root field with all its arguments as variables. Names of variables are those of the
 * arguments, so that a client passes its arguments as they are.
 */
export function operationNode(root: Root, field: GraphQLField<unknown, unknown>): OperationDefinitionNode {
  const selectionSet = selectionOf(field.type);
  return {
    kind: Kind.OPERATION_DEFINITION,
    operation: operationTypes[root],
    name: name(field.name),
    variableDefinitions: field.args.map((arg) => ({
      kind: Kind.VARIABLE_DEFINITION,
      variable: variable(arg.name),
      type: parseType(String(arg.type)),
    })),
    selectionSet: selectionSetOf([
      {
        kind: Kind.FIELD,
        name: name(field.name),
        arguments: field.args.map((arg) => ({ kind: Kind.ARGUMENT, name: name(arg.name), value: variable(arg.name) })),
        ...(selectionSet === undefined ? {} : { selectionSet }),
      },
    ]),
  };
}

function selectionOf(type: GraphQLOutputType): SelectionSetNode | undefined {
  const named = getNamedType(type);
  if (isLeafType(named)) return undefined;
  const fields = isObjectType(named) ? defaultFields(named) : [];
  // A selection must not be empty (GraphQL specification, Selection Sets).
  if (fields.length === 0) return selectionSetOf([{ kind: Kind.FIELD, name: name('__typename') }]);
  return selectionSetOf(
    fields.map((field): FieldNode => {
      const selectionSet = selectionOf(field.type);
      return { kind: Kind.FIELD, name: name(field.name), ...(selectionSet === undefined ? {} : { selectionSet }) };
    }),
  );
}

function reaches(from: GraphQLObjectType, target: GraphQLObjectType, seen = new Set<GraphQLObjectType>()): boolean {
  if (seen.has(from)) return false;
  seen.add(from);
  return objectsBelow(from).some((below) => below === target || reaches(below, target, seen));
}

/** Longest way down, stopping where it repeats itself or exceeds what is read anyway. */
function height(type: GraphQLObjectType, above: readonly GraphQLObjectType[] = []): number {
  if (above.length > maxHeight) return above.length;
  const below = objectsBelow(type).filter((one) => one !== type && !above.includes(one));
  return Math.max(0, ...below.map((one) => 1 + height(one, [...above, type])));
}

const objectsBelow = (type: GraphQLObjectType): readonly GraphQLObjectType[] =>
  Object.values(type.getFields())
    .map((field) => getNamedType(field.type))
    .filter(isObjectType);

const name = (value: string) => ({ kind: Kind.NAME, value }) as const;
const variable = (value: string) => ({ kind: Kind.VARIABLE, name: name(value) }) as const;
const selectionSetOf = (selections: readonly FieldNode[]): SelectionSetNode => ({
  kind: Kind.SELECTION_SET,
  selections,
});
