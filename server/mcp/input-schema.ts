import {
  type GraphQLArgument,
  type GraphQLInputType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isRequiredArgument,
  isScalarType,
} from 'graphql';

/** A JSON Schema, as tools have it. */
export type JsonSchema = Readonly<Record<string, unknown>>;

const scalars: Readonly<Record<string, JsonSchema>> = {
  ID: { type: 'string' },
  String: { type: 'string' },
  Int: { type: 'integer' },
  Float: { type: 'number' },
  Boolean: { type: 'boolean' },
};

/** Input types can contain themselves; below this depth any object is accepted. */
const deepest = 4;

/** The arguments of a field as the input of a tool. */
export function inputSchema(args: readonly GraphQLArgument[]): JsonSchema {
  return {
    type: 'object',
    // Descriptions are what a model chooses by.
    properties: Object.fromEntries(args.map((arg) => [arg.name, described(schemaOf(arg.type, 0), arg.description)])),
    required: args.filter(isRequiredArgument).map(({ name }) => name),
    additionalProperties: false,
  };
}

function described(schema: JsonSchema, description: string | null | undefined): JsonSchema {
  return description ? { ...schema, description } : schema;
}

function schemaOf(type: GraphQLInputType, depth: number): JsonSchema {
  if (isNonNullType(type)) return schemaOf(type.ofType, depth);
  if (isListType(type)) return { type: 'array', items: schemaOf(type.ofType, depth) };
  if (isEnumType(type)) return { type: 'string', enum: type.getValues().map(({ name }) => name) };
  // A custom scalar, `JSON` for example, takes any value.
  if (isScalarType(type)) return scalars[type.name] ?? {};
  if (!isInputObjectType(type) || depth >= deepest) return { type: 'object' };
  const fields = Object.values(type.getFields());
  return {
    type: 'object',
    properties: Object.fromEntries(
      fields.map((field) => [field.name, described(schemaOf(field.type, depth + 1), field.description)]),
    ),
  };
}
