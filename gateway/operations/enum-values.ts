import {
  type DefinitionNode,
  type DocumentNode,
  type EnumTypeDefinitionNode,
  type GraphQLEnumType,
  type GraphQLSchema,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isObjectType,
  Kind,
} from 'graphql';

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
