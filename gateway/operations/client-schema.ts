import {
  buildASTSchema,
  type DefinitionNode,
  type DocumentNode,
  type EnumTypeDefinitionNode,
  type GraphQLEnumType,
  type GraphQLScalarType,
  GraphQLSchema,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isObjectType,
  isScalarType,
  Kind,
  type NamedTypeNode,
  type TypeDefinitionNode,
  visit,
} from 'graphql';
import { rootTypeNames } from '../calls/root-fields.ts';
import { createIdScalar, createPassthroughScalar, inputReaders, type LongIntegerForm } from './scalars.ts';

/** Directives that mean something to clients; every other one is a call instruction. */
const publicDirectives = new Set(['deprecated', 'specifiedBy', 'oneOf']);
const builtinScalars = new Set(['String', 'Int', 'Float', 'Boolean', 'ID']);
/**
 * `buildASTSchema` binds the name `ID` to its own scalar, which does not know integers that keep their digits. Fields
 * are built with this name instead, and the scalar is renamed to `ID` when the schema is complete.
 */
const idPlaceholder = 'GatewayID';

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

/**
 * Reads `@enum(value: "\"wire\"")`: what an enum value that GraphQL cannot name is called on the wire. It becomes the
 * value's own, which every copy of the schema keeps. GraphQL names have letters, digits and `_` only (GraphQL
 * specification, Names); values such as `in-transit` are in many documents.
 */
export function attachEnumValues(schema: GraphQLSchema, document: DocumentNode): void {
  const wires = new Map(document.definitions.flatMap((definition) => wireEntry(schema, definition)));
  if (wires.size === 0) return;
  for (const [type, wireByName] of wires) {
    for (const value of type.getValues()) value.value = wireByName.get(value.name) ?? value.name;
  }
  // graphql-js has read the defaults already, with the names as values; they would go to NoETL under the GraphQL name.
  for (const input of inputsOf(schema)) {
    const type = getNamedType(input.type);
    const wireByName = isEnumType(type) ? wires.get(type) : undefined;
    if (wireByName !== undefined && input.defaultValue !== undefined)
      input.defaultValue = toWire(input.defaultValue, wireByName);
  }
}

function wireEntry(
  schema: GraphQLSchema,
  definition: DefinitionNode,
): readonly (readonly [GraphQLEnumType, ReadonlyMap<string, unknown>])[] {
  if (definition.kind !== Kind.ENUM_TYPE_DEFINITION) return [];
  const type = schema.getType(definition.name.value);
  const wireByName = wireValuesOf(definition);
  return isEnumType(type) && wireByName.size > 0 ? [[type, wireByName]] : [];
}

/** Arguments and members of input types, whose defaults are values already. */
const inputsOf = (schema: GraphQLSchema) =>
  Object.values(schema.getTypeMap()).flatMap((type) => {
    if (isInputObjectType(type)) return Object.values(type.getFields());
    return isObjectType(type) ? Object.values(type.getFields()).flatMap(({ args }) => args) : [];
  });

function toWire(value: unknown, wireByName: ReadonlyMap<string, unknown>): unknown {
  if (Array.isArray(value)) return value.map((one) => toWire(one, wireByName));
  return wireByName.get(String(value)) ?? value;
}

function wireValuesOf(definition: EnumTypeDefinitionNode): ReadonlyMap<string, unknown> {
  const values = (definition.values ?? []).flatMap((node) => {
    const argument = node.directives
      ?.find((each) => each.name.value === 'enum')
      ?.arguments?.find((each) => each.name.value === 'value');
    // Mesh writes the value as JSON: a text has quotes within the text.
    return argument?.value.kind === Kind.STRING
      ? [[node.name.value, JSON.parse(argument.value.value) as unknown] as const]
      : [];
  });
  return new Map(values);
}
