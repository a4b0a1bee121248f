import {
  type GraphQLInputType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isRequiredInputField,
} from 'graphql';

/** Example values; an id is beyond 2^53, as NoETL's are. */
const byScalar: Readonly<Record<string, unknown>> = {
  ID: '623456789012345678',
  Int: 1,
  Float: 1.5,
  Boolean: true,
  JSON: { key: 'value' },
  DateTime: '2026-01-26T08:00:00Z',
};

/** For arguments whose name is more specific than their scalar. */
const byName: Readonly<Record<string, string>> = {
  name: 'data/daily_report',
  path: 'data/daily_report',
  reason: 'No longer needed',
};

/** A value that shows what an input looks like; of input objects the members that must be there. */
export function exampleValue(name: string, type: GraphQLInputType, above: readonly GraphQLInputType[] = []): unknown {
  if (isNonNullType(type)) return exampleValue(name, type.ofType as GraphQLInputType, above);
  // A type that leads back to itself ends with an empty list.
  if (isListType(type))
    return above.includes(type.ofType) ? [] : [exampleValue(name, type.ofType as GraphQLInputType, above)];
  if (isEnumType(type)) return type.getValues()[0]?.name;
  if (!isInputObjectType(type)) return byScalar[type.name] ?? byName[name] ?? 'text';
  const required = Object.values(type.getFields()).filter(isRequiredInputField);
  return Object.fromEntries(
    required.map((field) => [field.name, exampleValue(field.name, field.type, [...above, type])]),
  );
}
