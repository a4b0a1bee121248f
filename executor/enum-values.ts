import { type DocumentNode, type EnumTypeDefinitionNode, type GraphQLSchema, isEnumType, Kind } from 'graphql';

/** Reads `@enum(value: "\"wire\"")`: what an enum value that GraphQL cannot name is called on the wire. */
export function attachEnumValues(schema: GraphQLSchema, document: DocumentNode): void {
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.ENUM_TYPE_DEFINITION) continue;
    const type = schema.getType(definition.name.value);
    const wireByName = wireValuesOf(definition);
    if (!isEnumType(type) || wireByName.size === 0) continue;
    const nameByWire = new Map([...wireByName].map(([name, wire]) => [wire, name]));
    const { serialize, parseValue, parseLiteral } = type;
    const toWire = (name: unknown) => wireByName.get(String(name)) ?? name;
    type.serialize = (value) => serialize.call(type, nameByWire.get(value) ?? value);
    type.parseValue = (value) => toWire(parseValue.call(type, value));
    type.parseLiteral = (node, variables) => toWire(parseLiteral.call(type, node, variables));
  }
}

function wireValuesOf(definition: EnumTypeDefinitionNode): ReadonlyMap<string, unknown> {
  const values = (definition.values ?? []).flatMap((node) => {
    const argument = node.directives
      ?.find((each) => each.name.value === 'enum')
      ?.arguments?.find((each) => each.name.value === 'value');
    return argument?.value.kind === Kind.STRING
      ? [[node.name.value, JSON.parse(argument.value.value) as unknown] as const]
      : [];
  });
  return new Map(values);
}
