import {
  type GraphQLArgument,
  type GraphQLEnumType,
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
import type { OptionalKind, PropertySignatureStructure, SourceFile, TypeAliasDeclarationStructure } from 'ts-morph';
import { defaultFields } from './operation-document.ts';

type Properties = OptionalKind<PropertySignatureStructure>[];

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

/** TypeScript names and types for a schema's types, and the declarations they need. */
export interface ClientTypes {
  output(type: GraphQLOutputType): string;
  /** Properties for arguments or for an input object's fields. */
  properties(inputs: readonly (GraphQLArgument | GraphQLInputField)[]): Properties;
  /** A name that nothing in the file has. */
  fresh(name: string): string;
}

/** Adds a declaration to `file` for each type on its first use. */
export function createClientTypes(file: SourceFile): ClientTypes {
  const names = new Map<string, string>();
  const used = new Set([...taken, ...declaredIn(file)]);

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
    if (isAbstractType(type)) return '{ readonly __typename: string }';
    const name = fresh(type.name);
    names.set(type.name, name);
    if (isEnumType(type)) file.addTypeAlias(enumAlias(name, type));
    else file.addInterface({ name, isExported: true, docs: docs(type.description), properties: membersOf(type) });
    return name;
  }

  const membersOf = (type: GraphQLObjectType | GraphQLInputObjectType): Properties =>
    isObjectType(type) ? fieldsOf(type) : properties(Object.values(type.getFields()));

  /** What is not read by default is optional: a document of one's own may read it. */
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
  return { output, properties, fresh };
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
  return item.includes(' ') ? `readonly (${item})[]` : `readonly ${item}[]`;
}

function enumAlias(name: string, type: GraphQLEnumType): OptionalKind<TypeAliasDeclarationStructure> {
  const values = type.getValues().map((value) => `'${value.name}'`);
  return { name, isExported: true, type: values.join(' | '), docs: docs(type.description) };
}

/** Names that the file's own declarations have. */
const declaredIn = (file: SourceFile): readonly string[] =>
  [...file.getInterfaces(), ...file.getClasses(), ...file.getFunctions(), ...file.getVariableDeclarations()].flatMap(
    (one) => one.getName() ?? [],
  );

/** A JSDoc text; `*` + `/` of a description would end it early. */
export const docs = (text: string | null | undefined): string[] => (text ? [text.replaceAll('*/', '*\\/')] : []);
