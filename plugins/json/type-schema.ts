import {
  type GraphQLArgument,
  type GraphQLInputField,
  type GraphQLInputType,
  type GraphQLOutputType,
  getNullableType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
  isRequiredArgument,
  isRequiredInputField,
  isScalarType,
  Kind,
  type SelectionSetNode,
} from 'graphql';
import type { ArgumentBounds } from '../argument-bounds.ts';

/** A JSON Schema (2020-12). */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** Scalars as JSON has them. Every other one, `JSON` for example, is any value. */
const scalars: Readonly<Record<string, JsonSchema>> = {
  ID: { type: 'string' },
  String: { type: 'string' },
  Int: { type: 'integer' },
  Float: { type: 'number' },
  Boolean: { type: 'boolean' },
  // Text beyond 2^53.
  BigInt: { type: ['integer', 'string'] },
  BigDecimal: { type: ['number', 'string'] },
  Date: { type: 'string', format: 'date' },
  DateTime: { type: 'string', format: 'date-time' },
  EmailAddress: { type: 'string', format: 'email' },
  URL: { type: 'string', format: 'uri' },
  UUID: { type: 'string', format: 'uuid' },
};

/** Input types can contain themselves; below this depth any object is accepted. */
const deepestInput = 4;

/** The members of an object that callers send: with descriptions, defaults and bounds, and nothing beside them. */
export const inputObjectSchema = (
  members: readonly (GraphQLArgument | GraphQLInputField)[],
  bounds?: ReadonlyMap<string, ArgumentBounds>,
  depth = 0,
): JsonSchema => {
  const required = members.filter((one) => isRequiredArgument(one) || isRequiredInputField(one));
  return {
    type: 'object',
    properties: Object.fromEntries(
      members.map(({ name, type, description, defaultValue }) => [
        name,
        {
          ...inputSchema(type, depth),
          ...bounds?.get(name),
          ...(defaultValue !== undefined && { default: defaultValue }),
          ...(description && { description }),
        },
      ]),
    ),
    ...(required.length > 0 && { required: required.map(({ name }) => name) }),
    additionalProperties: false,
  };
};

/** What callers send. Null instead of an absent member is accepted, and not offered. */
export function inputSchema(type: GraphQLInputType, depth = 0): JsonSchema {
  if (isNonNullType(type)) return inputSchema(type.ofType, depth);
  if (isListType(type)) return { type: 'array', items: inputSchema(type.ofType, depth) };
  if (isEnumType(type)) return { type: 'string', enum: type.getValues().map(({ name }) => name) };
  if (isScalarType(type)) return scalars[type.name] ?? {};
  if (!isInputObjectType(type) || depth >= deepestInput) return { type: 'object' };
  return inputObjectSchema(Object.values(type.getFields()), undefined, depth + 1);
}

/**
 * What an operation answers with: the members that its document selects.
 * @param selected of a type with members
 */
export function answerSchema(type: GraphQLOutputType, selected: SelectionSetNode | undefined): JsonSchema {
  const schema = presentSchema(type, selected);
  return isNonNullType(type) ? schema : orNull(schema);
}

/** The same of an answer that is not null. */
export function presentSchema(type: GraphQLOutputType, selected: SelectionSetNode | undefined): JsonSchema {
  const present = getNullableType(type);
  if (isListType(present)) return { type: 'array', items: answerSchema(present.ofType, selected) };
  if (isEnumType(present)) return { type: 'string', enum: present.getValues().map(({ name }) => name) };
  if (isScalarType(present)) {
    // How NoETL writes a time is its own matter, and clients refuse what is not of the format.
    const { format: _format, ...schema } = scalars[present.name] ?? {};
    return schema;
  }
  if (!isObjectType(present)) return { type: 'object' };
  const fields = present.getFields();
  const members = (selected?.selections ?? []).flatMap((node) => {
    const field = node.kind === Kind.FIELD ? fields[node.name.value] : undefined;
    if (node.kind !== Kind.FIELD || field === undefined) return [];
    const schema = answerSchema(field.type, node.selectionSet);
    return [[field.name, { ...schema, ...(field.description && { description: field.description }) }] as const];
  });
  return { type: 'object', properties: Object.fromEntries(members), required: members.map(([name]) => name) };
}

function orNull(schema: JsonSchema): JsonSchema {
  const { type, enum: values } = schema;
  // Without a type it is any value.
  if (type === undefined) return schema;
  const types = Array.isArray(type) ? [...type, 'null'] : [type, 'null'];
  return { ...schema, type: types, ...(Array.isArray(values) && { enum: [...values, null] }) };
}
