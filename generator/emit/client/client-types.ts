import {
  type GraphQLArgument,
  type GraphQLEnumType,
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
import {
  type OptionalKind,
  type PropertySignatureStructure,
  type StatementStructures,
  StructureKind,
  type TypeAliasDeclarationStructure,
} from 'ts-morph';
import { defaultFields } from './operation-document.ts';

type Properties = OptionalKind<PropertySignatureStructure>[];

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

/** Names that a schema's type must not take in the client: it would hide what the client itself uses. */
const taken = [
  'AbortSignal',
  'Date',
  'Error',
  'JSON',
  'Map',
  'Math',
  'Number',
  'Promise',
  'Record',
  'Response',
  'Set',
  'String',
];

/** TypeScript for a schema's types. */
export interface ClientTypes {
  /** Declarations of the types that were asked for so far, and of those that they are made of. */
  readonly statements: readonly StatementStructures[];
  output(type: GraphQLOutputType): string;
  /** Name of the interface of a field's arguments; undefined when it has no arguments. */
  argumentsOf(field: GraphQLField<unknown, unknown>): string | undefined;
}

/**
 * Makes types on demand: what no method uses is not declared.
 * @param declared names that the file has already.
 */
export function createClientTypes(declared: readonly string[]): ClientTypes {
  const names = new Map<string, string>();
  const used = new Set([...taken, ...declared]);
  const statements: StatementStructures[] = [];

  function fresh(name: string): string {
    let free = name;
    while (used.has(free)) free += '_';
    used.add(free);
    return free;
  }

  function named(type: GraphQLNamedType): string {
    if (isScalarType(type)) return scalarTypes[type.name] ?? 'unknown';
    const known = names.get(type.name);
    if (known !== undefined) return known;
    // Of a union the default document selects `__typename` only.
    if (isAbstractType(type)) return '{ readonly __typename: string }';
    const name = fresh(type.name);
    // Before the members, which may lead back to it.
    names.set(type.name, name);
    statements.push(isEnumType(type) ? enumAlias(name, type) : interfaceOf(name, membersOf(type), type.description));
    return name;
  }

  const membersOf = (type: GraphQLObjectType | GraphQLInputObjectType): Properties =>
    isObjectType(type) ? fieldsOf(type) : properties(Object.values(type.getFields()));

  /** What is not read by default is optional: your own document may read it. */
  function fieldsOf(type: GraphQLObjectType): Properties {
    const read = new Set(defaultFields(type));
    const rows = Object.values(type.getFields()).map((field) => {
      const object = getNamedType(field.type);
      const isCut = !read.has(field);
      const cutType = isObjectType(object) && object !== type ? wrap(field.type, named) : 'unknown';
      return {
        name: field.name,
        isReadonly: true,
        hasQuestionToken: isCut,
        type: isCut ? cutType : output(field.type),
        docs: docs(field.description),
      };
    });
    // Of a type of which nothing is read by default the document asks for `__typename`.
    return read.size > 0 ? rows : [{ name: '__typename', isReadonly: true, type: 'string' }, ...rows];
  }

  const properties = (inputs: readonly (GraphQLArgument | GraphQLInputField)[]): Properties =>
    inputs.map((input) => ({
      name: input.name,
      isReadonly: true,
      hasQuestionToken: !(isNonNullType(input.type) && input.defaultValue === undefined),
      type: wrap(input.type, named),
      docs: docs(input.description),
    }));

  const output = (type: GraphQLOutputType): string => wrap(type, named);
  return {
    statements,
    output,
    argumentsOf(field) {
      if (field.args.length === 0) return undefined;
      const name = fresh(`${field.name.charAt(0).toUpperCase()}${field.name.slice(1)}Args`);
      statements.push(interfaceOf(name, properties(field.args), undefined));
      return name;
    },
  };
}

type AnyType = GraphQLInputType | GraphQLOutputType;

function wrap(type: AnyType, named: (type: GraphQLNamedType) => string): string {
  const text = inner(type, named);
  return isNonNullType(type) || text === 'unknown' || text === 'null' ? text : `${text} | null`;
}

function inner(type: AnyType, named: (type: GraphQLNamedType) => string): string {
  if (isNonNullType(type)) return inner(type.ofType as AnyType, named);
  if (!isListType(type)) return named(type);
  const item = wrap(type.ofType as AnyType, named);
  // A union needs brackets before `[]`.
  return item.includes(' ') ? `readonly (${item})[]` : `readonly ${item}[]`;
}

function enumAlias(name: string, type: GraphQLEnumType): TypeAliasDeclarationStructure {
  const values = type.getValues().map((value) => `'${value.name}'`);
  const kind = StructureKind.TypeAlias as const;
  return { kind, name, isExported: true, type: values.join(' | '), docs: docs(type.description) };
}

const interfaceOf = (name: string, properties: Properties, description: string | null | undefined) =>
  ({ kind: StructureKind.Interface, name, isExported: true, docs: docs(description), properties }) as const;

/** A JSDoc text; `*` + `/` of a description would end it early. */
export const docs = (text: string | null | undefined): string[] => (text ? [text.replaceAll('*/', '*\\/')] : []);
