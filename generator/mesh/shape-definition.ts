import {
  type DefinitionNode,
  type DocumentNode,
  type EnumTypeDefinitionNode,
  type InputObjectTypeDefinitionNode,
  Kind,
  parse,
  type ScalarTypeDefinitionNode,
  type TypeNode,
  type UnionTypeDefinitionNode,
  visit,
} from 'graphql';
import { noted } from './noted.ts';
import { type FieldNames, type ShapeNotes, shapeFields } from './output-fields.ts';
import { protocolTypes } from './protocol-sdl.ts';
import type { TableRow } from './table-row.ts';

/** What a reader of the schema has to know of the directives; Mesh declares each only when it used it itself. */
export const callDirectives = parse(
  `scalar ObjMap
enum HTTPMethod { GET POST PUT PATCH DELETE }
directive @httpOperation(subgraph: String, path: String, operationSpecificHeaders: [[String]], httpMethod: HTTPMethod, queryParamArgMap: ObjMap, queryStringOptionsByParam: ObjMap, requestBaseBody: ObjMap) on FIELD_DEFINITION
directive @noetl(kind: String!, catalogPaths: [String!], executionIds: [String!], playbook: String, workload: String, execution: String, answer: String, nulls: [String!], formerArguments: [String!]) on FIELD_DEFINITION
directive @resolveRootField(subgraph: String, field: String) on FIELD_DEFINITION
directive @enum(subgraph: String, value: String) on ENUM_VALUE
directive @discriminator(subgraph: String, field: String, mapping: [[String]]) on UNION`,
  { noLocation: true },
).definitions;
const declared = new Set(
  callDirectives.map((definition) => ('name' in definition ? definition.name?.value : undefined)),
);

/** Names of the root types, which no type of the document may have (`type-names.ts`). */
export const rootNames = { query: 'Query', mutation: 'Mutation', subscription: 'Subscription' } as const;

/** Everything that decides what a type of the document looks like. */
export interface Shape extends ShapeNotes {
  readonly answers: FieldNames;
  readonly inputs: ReadonlySet<string>;
}

/** Collects what decides the types, of all rows: a type is one for all of them. */
export function shapeOf(document: DocumentNode, operations: readonly TableRow[], answers: FieldNames): Shape {
  const namesOf = (kind: Kind): ReadonlySet<string> =>
    new Set(document.definitions.flatMap((one) => (one.kind === kind && 'name' in one ? (one.name?.value ?? []) : [])));
  return {
    answers,
    closed: new Set(operations.flatMap(({ closed = [] }) => closed)),
    nullableItems: new Set(operations.flatMap(({ nullableItems = [] }) => nullableItems)),
    enums: namesOf(Kind.ENUM_TYPE_DEFINITION),
    inputs: namesOf(Kind.INPUT_OBJECT_TYPE_DEFINITION),
  };
}

/** A type of Mesh's schema as it is public; nothing for what is not. */
export function shapeDefinition(definition: DefinitionNode, shape: Shape): readonly DefinitionNode[] {
  switch (definition.kind) {
    case Kind.SCHEMA_DEFINITION:
    case Kind.SCHEMA_EXTENSION:
    // The directives are declared by {@link callDirectives}, whether or not Mesh has used them.
    case Kind.DIRECTIVE_DEFINITION:
      return [];
    case Kind.OBJECT_TYPE_DEFINITION:
      // Root types are made of the rows.
      if (Object.values<string>(rootNames).includes(definition.name.value)) return [];
      return protocolTypes.has(definition.name.value) ? [definition] : [shapeFields(definition, shape.answers, shape)];
    case Kind.INPUT_OBJECT_TYPE_DEFINITION:
      return [bareInput(definition, shape)];
    case Kind.ENUM_TYPE_DEFINITION:
    case Kind.UNION_TYPE_DEFINITION:
      return declared.has(definition.name.value) ? [] : [withKnownDirectives(definition)];
    case Kind.SCALAR_TYPE_DEFINITION:
      return declared.has(definition.name.value) ? [] : [withOwnWords(definition)];
    default:
      return 'name' in definition && declared.has(definition.name?.value) ? [] : [definition];
  }
}

/** What scalars mean here: Mesh describes those of a library. */
const scalarDocs: Readonly<Record<string, string>> = {
  BigInt:
    'A whole number of any size. In answers it is text when it is beyond ±(2^53 − 1), where JSON readers lose digits.',
  Date: 'A date, for example 2026-01-26.',
  DateTime: 'A moment in RFC 3339, for example 2026-01-26T08:00:00Z.',
  EmailAddress: 'An e-mail address.',
  JSON: 'Any JSON value. In answers, whole numbers beyond ±(2^53 − 1) are text.',
  URL: 'An address with its scheme.',
  UUID: 'A UUID (RFC 9562).',
};

function withOwnWords(definition: ScalarTypeDefinitionNode): ScalarTypeDefinitionNode {
  const value = scalarDocs[definition.name.value];
  return value === undefined ? definition : { ...definition, description: { kind: Kind.STRING, value } };
}

/**
 * An input's value is sent as it was given, so nothing about it needs saying. A member that is an object itself may be
 * left out: required members all the way round a circle could never be written.
 */
function bareInput(
  definition: InputObjectTypeDefinitionNode,
  { closed, inputs }: Shape,
): InputObjectTypeDefinitionNode {
  const open = definition.fields?.filter((field) => !closed.has(`${definition.name.value}.${field.name.value}`));
  const fields = open?.map((field) => {
    const isObject = inputs.has(namedTypeOf(field.type));
    const type = isObject && field.type.kind === Kind.NON_NULL_TYPE ? field.type.type : field.type;
    const shown = noted({ ...field, type, directives: [] });
    // GraphQL has no required member that is deprecated.
    return type.kind === Kind.NON_NULL_TYPE && field.defaultValue === undefined ? { ...shown, directives: [] } : shown;
  });
  return noted({ ...definition, directives: [], ...(fields === undefined ? {} : { fields }) });
}

/** Directives that serving needs; the others are for Mesh's own tools. */
const kept = new Set(['enum', 'discriminator', 'deprecated']);

function withKnownDirectives<Node extends EnumTypeDefinitionNode | UnionTypeDefinitionNode>(definition: Node): Node {
  return visit(noted(definition), {
    Directive: (node) => (kept.has(node.name.value) ? undefined : null),
  }) as Node;
}

/** The name of the type that a field answers with, below lists and non-nulls. */
export function namedTypeOf(type: TypeNode): string {
  return type.kind === Kind.NAMED_TYPE ? type.name.value : namedTypeOf(type.type);
}
