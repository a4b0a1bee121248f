import {
  type ConstDirectiveNode,
  type DefinitionNode,
  type DocumentNode,
  type FieldDefinitionNode,
  type InputObjectTypeDefinitionNode,
  type InputValueDefinitionNode,
  Kind,
  type ObjectTypeDefinitionNode,
  parse,
  type ScalarTypeDefinitionNode,
  type TypeNode,
  visit,
} from 'graphql';
import { GatewayError } from '../../core/errors.ts';
import { gatewayArguments } from '../../core/operation-kind.ts';
import { isProtocolField } from '../../core/protocol-field.ts';
import { callDirective } from './call-directive.ts';
import { kindDirective } from './kind-directive.ts';
import { answerFieldNames, type FieldNames, shapeFields } from './output-fields.ts';
import { protocolTypes } from './protocol-sdl.ts';
import { keepReachable } from './reachable-definitions.ts';
import type { TableRow } from './table-row.ts';

/**
 * Gives Mesh's schema the public shape that the table asks for, so that the printed SDL alone says how to call:
 * arguments by their public names, `@httpOperation` with every argument's place on the wire, answer fields by their public
 * names with `@resolveRootField` naming the wire's, identifiers as `ID`, and the rows that the gateway answers itself.
 * @throws ERR_POLICY_INVALID when a row has no field or a field no row.
 */
export function shapeSchema(schema: DocumentNode, operations: readonly TableRow[]): DocumentNode {
  const document = identifiersAsId(schema);
  const roots = rootFields(document);
  assertRows(operations, roots);
  const answers = answerFieldNames(document, operations, roots);
  const closed = closedMembers(operations);
  const shaped = document.definitions.flatMap((definition) => shapeDefinition(definition, answers, closed));
  const definitions = [...rootTypes(operations, roots), ...shaped, ...gatewayTypes(operations), ...callDirectives];
  return keepReachable({ kind: Kind.DOCUMENT, definitions });
}

/** What a reader of the schema has to know of the directives; Mesh declares each only when it used it itself. */
const callDirectives = parse(
  `scalar ObjMap
enum HTTPMethod { GET POST PUT PATCH DELETE }
directive @httpOperation(subgraph: String, path: String, operationSpecificHeaders: [[String]], httpMethod: HTTPMethod, queryParamArgMap: ObjMap, queryStringOptionsByParam: ObjMap, requestBaseBody: ObjMap) on FIELD_DEFINITION
directive @noetl(kind: String!, catalogPaths: [String!], executionIds: [String!], playbook: String, workload: String, execution: String, answer: String, nulls: [String!]) on FIELD_DEFINITION
directive @resolveRootField(subgraph: String, field: String) on FIELD_DEFINITION`,
  { noLocation: true },
).definitions;
const declared = new Set(
  callDirectives.map((definition) => ('name' in definition ? definition.name?.value : undefined)),
);

export const rootNames = { query: 'Query', mutation: 'Mutation' } as const;

/** Scalars that Mesh made for the identifiers' length mark are GraphQL's `ID`. */
function identifiersAsId(document: DocumentNode): DocumentNode {
  const isMark = (definition: DefinitionNode): definition is ScalarTypeDefinitionNode =>
    definition.kind === Kind.SCALAR_TYPE_DEFINITION &&
    (definition.directives ?? []).some((directive) => directive.name.value === 'length');
  const marks = new Set(document.definitions.filter(isMark).map((definition) => definition.name.value));
  return visit(
    { ...document, definitions: document.definitions.filter((definition) => !isMark(definition)) },
    {
      NamedType: (node) =>
        marks.has(node.name.value) ? { ...node, name: { kind: Kind.NAME, value: 'ID' } } : undefined,
    },
  );
}

function rootFields(document: DocumentNode): ReadonlyMap<string, FieldDefinitionNode> {
  const names = new Set<string>(Object.values(rootNames));
  return new Map(
    document.definitions
      .filter((definition) => definition.kind === Kind.OBJECT_TYPE_DEFINITION)
      .filter((definition) => names.has(definition.name.value))
      .flatMap((definition) => (definition.fields ?? []).map((field) => [field.name.value, field] as const)),
  );
}

function assertRows(operations: readonly TableRow[], roots: ReadonlyMap<string, FieldDefinitionNode>): void {
  const rows = operations.filter(({ source }) => source.kind === 'upstream').map(({ field }) => field);
  const problems = [
    ...rows.filter((field) => !roots.has(field)).map((field) => `operations.${field}: Mesh made no field of it`),
    ...[...roots.keys()]
      .filter((field) => !rows.includes(field))
      .map((field) => `${field}: Mesh made a field without a row`),
  ];
  if (problems.length > 0) {
    throw new GatewayError('ERR_POLICY_INVALID', 'The schema and the table differ.', { problems });
  }
}

function rootTypes(
  operations: readonly TableRow[],
  roots: ReadonlyMap<string, FieldDefinitionNode>,
): ObjectTypeDefinitionNode[] {
  return Object.entries(rootNames).flatMap(([root, name]) => {
    const fields = operations
      .filter((operation) => operation.root === root)
      .flatMap((operation) => rootField(operation, roots.get(operation.field)) ?? []);
    return fields.length === 0
      ? []
      : [{ kind: Kind.OBJECT_TYPE_DEFINITION, name: { kind: Kind.NAME, value: name }, fields } as const];
  });
}

function rootField(operation: TableRow, made: FieldDefinitionNode | undefined): FieldDefinitionNode | undefined {
  if (operation.source.kind === 'gateway') {
    const field = gatewayField(operation.source.sdl);
    return operation.description === undefined || field === undefined ? field : describe(field, operation.description);
  }
  if (made === undefined) return undefined;
  const descriptions = new Map(operation.args.map((arg) => [arg.name, arg.description]));
  const offered = (made.arguments ?? []).filter(
    ({ name }) => isProtocolField(operation.field) || descriptions.has(name.value),
  );
  const args = withGatewayArguments(operation, offered).map((arg) => describe(arg, descriptions.get(arg.name.value)));
  const directives: ConstDirectiveNode[] = [callDirective(operation), kindDirective(operation)];
  return describe({ ...made, arguments: args, directives }, operation.description);
}

/** The arguments of a field with those that the gateway itself answers to, unless NoETL has one of that name. */
function withGatewayArguments(
  { kind }: TableRow,
  args: readonly InputValueDefinitionNode[],
): readonly InputValueDefinitionNode[] {
  const names = new Set(args.map(({ name }) => name.value));
  // The protocol's own fields have them from `protocol-sdl.ts`; other rows that start playbooks do without.
  const wanted = kind === 'execute' || kind === 'rerun' ? {} : gatewayArguments[kind];
  const own = Object.entries(wanted ?? {}).filter(([name]) => !names.has(name));
  if (own.length === 0) return args;
  const field = gatewayField(`own(${own.map(([name, type]) => `${name}: ${type}`).join(', ')}): ID`);
  return [...args, ...(field?.arguments ?? [])];
}

function describe<Node extends { readonly description?: unknown }>(node: Node, text: string | undefined): Node {
  const { description: _, ...rest } = node;
  return (text === undefined ? rest : { ...rest, description: { kind: Kind.STRING, value: text } }) as Node;
}

function gatewayField(sdl: string): FieldDefinitionNode | undefined {
  const definition = parse(`type Query {\n${sdl}\n}`, { noLocation: true }).definitions[0];
  return definition?.kind === Kind.OBJECT_TYPE_DEFINITION ? definition.fields?.[0] : undefined;
}

function gatewayTypes(operations: readonly TableRow[]): readonly DefinitionNode[] {
  return operations.flatMap(({ source }) =>
    source.kind === 'gateway' && source.typeDefs !== undefined
      ? parse(source.typeDefs, { noLocation: true }).definitions
      : [],
  );
}

type ClosedMembers = ReadonlySet<string>;

/** `Type.wire` of everything that the document has and was not accepted. */
const closedMembers = (operations: readonly TableRow[]): ClosedMembers =>
  new Set(operations.flatMap(({ closed = [] }) => closed));

function shapeDefinition(
  definition: DefinitionNode,
  answers: FieldNames,
  closed: ClosedMembers,
): readonly DefinitionNode[] {
  switch (definition.kind) {
    case Kind.SCHEMA_DEFINITION:
    case Kind.SCHEMA_EXTENSION:
    case Kind.DIRECTIVE_DEFINITION:
      return [];
    case Kind.OBJECT_TYPE_DEFINITION:
      if (Object.values<string>(rootNames).includes(definition.name.value)) return [];
      return protocolTypes.has(definition.name.value) ? [definition] : [shapeFields(definition, answers, closed)];
    case Kind.INPUT_OBJECT_TYPE_DEFINITION:
      return [bareInput(definition, closed)];
    default:
      return 'name' in definition && declared.has(definition.name?.value) ? [] : [definition];
  }
}

/**
 * An input's value is sent as it was given, so nothing about it needs saying. A member that is an object itself may be
 * left out: required members all the way round a circle could never be written.
 */
function bareInput(definition: InputObjectTypeDefinitionNode, closed: ClosedMembers): InputObjectTypeDefinitionNode {
  const open = definition.fields?.filter((field) => !closed.has(`${definition.name.value}.${field.name.value}`));
  const fields = open?.map((field) => {
    const isObject = /_Input\d*$/.test(namedTypeOf(field.type));
    const type = isObject && field.type.kind === Kind.NON_NULL_TYPE ? field.type.type : field.type;
    return describe({ ...field, type, directives: [] }, undefined);
  });
  return describe({ ...definition, directives: [], ...(fields === undefined ? {} : { fields }) }, undefined);
}

/** The name of the type that a field answers with, below lists and non-nulls. */
export function namedTypeOf(type: TypeNode): string {
  return type.kind === Kind.NAMED_TYPE ? type.name.value : namedTypeOf(type.type);
}
