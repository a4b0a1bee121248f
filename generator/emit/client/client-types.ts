import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLInputObjectType,
  type GraphQLInputType,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  getNamedType,
  isAbstractType,
  isEnumType,
  isListType,
  isNonNullType,
  isObjectType,
  isScalarType,
} from 'graphql';
import { quoteText } from '../../canonical-text.ts';
import { defaultFields } from '../operation-document.ts';
import { declareInterface, declareType, type Member } from '../typescript.ts';

/**
 * TypeScript for scalars as they are in JSON; every other scalar is `unknown`. `BigInt` is text beyond 2^53, a number
 * below.
 */
const scalarTypes: Readonly<Record<string, string>> = {
  ID: 'string',
  String: 'string',
  Boolean: 'boolean',
  Int: 'number',
  Float: 'number',
  BigInt: 'number | string',
  DateTime: 'string',
  Date: 'string',
  Time: 'string',
  UUID: 'string',
  URL: 'string',
  Void: 'null',
};

/** TypeScript for a schema's types. */
export interface ClientTypes {
  /** Declarations of the types that were asked for so far, and of those that they are made of. */
  readonly declarations: readonly string[];
  output(type: GraphQLOutputType): string;
  /** Name of the interface of a field's arguments; undefined when it has no arguments. */
  argumentsOf(field: GraphQLField<unknown, unknown>): string | undefined;
}

/**
 * Makes types on demand: what no method uses is not declared.
 * @param reserved names that a type must not have, since the file uses them.
 */
export function createClientTypes(reserved: readonly string[]): ClientTypes {
  const names = new Map<string, string>();
  const fresh = freshNames(reserved);
  const declarations: string[] = [];

  function named(type: GraphQLNamedType): string {
    if (isScalarType(type)) return scalarTypes[type.name] ?? 'unknown';
    const known = names.get(type.name);
    if (known !== undefined) return known;
    // Of a union the default document selects `__typename` only.
    if (isAbstractType(type)) return '{ readonly __typename: string }';
    const name = fresh(type.name);
    // Before the members, which may lead back to it. Its place in the file is before theirs too.
    names.set(type.name, name);
    declarations.push(
      isEnumType(type)
        ? declareType(
            name,
            type
              .getValues()
              .map((value) => quoteText(value.name))
              .join(' | '),
            type.description,
          )
        : declareInterface({ name, members: membersOf(type), doc: type.description }),
    );
    return name;
  }

  const membersOf = (type: GraphQLObjectType | GraphQLInputObjectType): readonly Member[] =>
    isObjectType(type) ? fieldsOf(type) : inputsOf(Object.values(type.getFields()));

  /** What is not read by default is optional: your own document may read it. */
  function fieldsOf(type: GraphQLObjectType): readonly Member[] {
    const read = new Set(defaultFields(type));
    const rows = Object.values(type.getFields()).map((field) => {
      const object = getNamedType(field.type);
      const cutType = isObjectType(object) && object !== type ? wrap(field.type) : 'unknown';
      return read.has(field)
        ? { text: `readonly ${field.name}: ${wrap(field.type)};`, doc: field.description }
        : { text: `readonly ${field.name}?: ${cutType};`, doc: field.description };
    });
    // Of a type of which nothing is read by default the document asks for `__typename`.
    return read.size > 0 ? rows : [{ text: 'readonly __typename: string;' }, ...rows];
  }

  const inputsOf = (inputs: readonly (GraphQLArgument | GraphQLInputField)[]): readonly Member[] =>
    inputs.map(({ name, type, defaultValue, description }) => {
      const optional = isNonNullType(type) && defaultValue === undefined ? '' : '?';
      return { text: `readonly ${name}${optional}: ${wrap(type)};`, doc: description };
    });

  const wrap = (type: AnyType): string => typeText(type, named);

  return {
    declarations,
    output: wrap,
    argumentsOf(field) {
      if (field.args.length === 0) return undefined;
      const name = fresh(`${field.name.charAt(0).toUpperCase()}${field.name.slice(1)}Args`);
      declarations.push(declareInterface({ name, members: inputsOf(field.args) }));
      return name;
    },
  };
}

/** Names that are not in use, each once: with underscores behind where it has to be. */
function freshNames(reserved: readonly string[]): (name: string) => string {
  const used = new Set(reserved);
  return (name) => {
    let free = name;
    while (used.has(free)) free += '_';
    used.add(free);
    return free;
  };
}

type AnyType = GraphQLInputType | GraphQLOutputType;

/** @param named the TypeScript of a type without its wrappers */
function typeText(type: AnyType, named: (type: GraphQLNamedType) => string): string {
  const text = nonNullText(type, named);
  return isNonNullType(type) || text === 'unknown' || text === 'null' ? text : `${text} | null`;
}

function nonNullText(type: AnyType, named: (type: GraphQLNamedType) => string): string {
  if (isNonNullType(type)) return nonNullText(type.ofType as AnyType, named);
  if (!isListType(type)) return named(type);
  const item = typeText(type.ofType as AnyType, named);
  // A union needs brackets before `[]`.
  return item.includes(' ') ? `readonly (${item})[]` : `readonly ${item}[]`;
}
