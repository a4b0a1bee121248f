import {
  buildASTSchema,
  type DefinitionNode,
  type DocumentNode,
  type GraphQLScalarType,
  GraphQLSchema,
  isScalarType,
  Kind,
  type NamedTypeNode,
  type OperationTypeNode,
  type TypeDefinitionNode,
  visit,
} from 'graphql';
import { inputReaders } from './input-readers.ts';
import { createIdScalar, createPassthroughScalar, type LongIntegerForm } from './scalars.ts';

/** Directives that mean something to clients; every other one is a call instruction. */
const publicDirectives = new Set(['deprecated', 'specifiedBy', 'oneOf']);
const builtinScalars = new Set(['String', 'Int', 'Float', 'Boolean', 'ID']);
/**
 * `buildASTSchema` binds the name `ID` to its own scalar, which does not know integers that keep their digits. Fields
 * are built with this name instead, and the scalar is renamed to `ID` when the schema is complete.
 */
const idPlaceholder = 'GatewayID';

/**
 * The names of the root types of a document. The GraphQL defaults, unless the document has a `schema` definition
 * (GraphQL specification, Root Operation Types).
 */
export function rootTypeNames(document: DocumentNode): Readonly<Record<OperationTypeNode, string>> {
  const names: Record<OperationTypeNode, string> = {
    query: 'Query',
    mutation: 'Mutation',
    subscription: 'Subscription',
  };
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.SCHEMA_DEFINITION) continue;
    for (const { operation, type } of definition.operationTypes) names[operation] = type.name.value;
  }
  return names;
}

/**
 * The schema that clients see: without call instructions, without the types that only those need, with scalars that
 * keep every digit. Fields have no resolvers yet.
 * @param document the generated schema; it is not changed
 * @param longIntegers how integers beyond ±(2^53 − 1) are written
 * @throws Error for a type that the document does not have
 */
export function createClientSchema(document: DocumentNode, longIntegers: LongIntegerForm): GraphQLSchema {
  const roots = Object.values(rootTypeNames(document));
  const idNodes: { name: { value: string } }[] = [];
  const bare = reachable(withoutInstructions(document), roots);
  const renamed: DocumentNode = visit(bare, {
    NamedType(node) {
      if (node.name.value !== 'ID') return undefined;
      const placeholder = { ...node, name: { ...node.name, value: idPlaceholder } };
      idNodes.push(placeholder);
      return placeholder;
    },
  });
  const schema = buildASTSchema(withScalar(renamed, idPlaceholder), { assumeValidSDL: true });
  // The nodes are the `astNode`s of the built fields and arguments, which would show the placeholder.
  for (const node of idNodes) node.name.value = 'ID';
  return withOwnScalars(schema, longIntegers);
}

function withoutInstructions(document: DocumentNode): DocumentNode {
  const visited: DocumentNode = visit(document, {
    Directive: (node) => (publicDirectives.has(node.name.value) ? undefined : null),
    DirectiveDefinition: () => null,
  });
  return {
    ...visited,
    definitions: visited.definitions.filter((definition) => definition.kind !== Kind.SCHEMA_EXTENSION),
  };
}

/** Drops the types that no root field leads to. */
function reachable(document: DocumentNode, roots: readonly string[]): DocumentNode {
  const types = new Map<string, TypeDefinitionNode>();
  for (const definition of document.definitions) {
    if (isTypeDefinition(definition)) types.set(definition.name.value, definition);
  }
  const kept = new Set<string>();
  const queue = [...roots];
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    const definition = types.get(name);
    if (kept.has(name) || definition === undefined) continue;
    kept.add(name);
    // An interface does not name what implements it, so those types would look unused.
    queue.push(...namesIn(definition));
    if (definition.kind === Kind.INTERFACE_TYPE_DEFINITION) queue.push(...implementationsOf(name, types));
  }
  return {
    ...document,
    definitions: document.definitions.filter((each) => !isTypeDefinition(each) || kept.has(each.name.value)),
  };
}

function isTypeDefinition(definition: DefinitionNode): definition is TypeDefinitionNode {
  return 'name' in definition && definition.kind.endsWith('TypeDefinition');
}

function namesIn(definition: TypeDefinitionNode): string[] {
  const names: string[] = [];
  visit(definition, { NamedType: (node: NamedTypeNode) => void names.push(node.name.value) });
  return names;
}

function implementationsOf(name: string, types: ReadonlyMap<string, TypeDefinitionNode>): string[] {
  return [...types.values()].flatMap((type) =>
    'interfaces' in type && type.interfaces?.some((each) => each.name.value === name) ? [type.name.value] : [],
  );
}

function withScalar(document: DocumentNode, name: string): DocumentNode {
  const scalar: DefinitionNode = { kind: Kind.SCALAR_TYPE_DEFINITION, name: { kind: Kind.NAME, value: name } };
  return { ...document, definitions: [...document.definitions, scalar] };
}

function ownScalar(name: string, longIntegers: LongIntegerForm): GraphQLScalarType {
  const read = inputReaders[name];
  return createPassthroughScalar(name, { longIntegers, ...(read === undefined ? {} : { read }) });
}

/** Gives scalars their behaviour in place, so that every field keeps its type object. */
function withOwnScalars(schema: GraphQLSchema, longIntegers: LongIntegerForm): GraphQLSchema {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isScalarType(type) || builtinScalars.has(type.name)) continue;
    const own = type.name === idPlaceholder ? createIdScalar('ID') : ownScalar(type.name, longIntegers);
    type.serialize = own.serialize;
    type.parseValue = own.parseValue;
    // The functions are set on the type itself: another object of the same name would be a second type in one schema.
    type.parseLiteral = own.parseLiteral;
    if (type.name === idPlaceholder) {
      type.name = own.name;
      type.description = own.description;
      // The node is the placeholder's. A built-in scalar has no node.
      type.astNode = undefined;
    }
  }
  // A new schema, since the type map of the old one still has the placeholder's name.
  return new GraphQLSchema({ ...schema.toConfig(), assumeValid: false });
}
