import { astFromValueUntyped } from '@graphql-tools/utils';
import {
  type ConstArgumentNode,
  type ConstDirectiveNode,
  type ConstValueNode,
  type DefinitionNode,
  type DocumentNode,
  type EnumTypeDefinitionNode,
  type FieldDefinitionNode,
  type InputObjectTypeDefinitionNode,
  Kind,
  type ObjectTypeDefinitionNode,
  parse,
  type ScalarTypeDefinitionNode,
  type StringValueNode,
  type TypeNode,
  type UnionTypeDefinitionNode,
  visit,
} from 'graphql';
import type { ArgumentBounds } from '../../plugins/argument-bounds.ts';
import { GatewayError } from '../../plugins/errors.ts';
import { hasOwnShape, type OperationArgument } from '../../plugins/operation.ts';
import { gatewayArguments, gatewayBounds } from '../../plugins/operation-kind.ts';
import { camelCase, escapeName, isPublicName, wireName } from '../openapi/names.ts';
import { readNotes, wholeBody } from '../openapi/open-api.ts';
import type { TableRow } from './mesh-config.ts';
import { ownTypes } from './protocol-sdl.ts';

/**
 * `@httpOperation` of a row: the path with `{args.<public name>}`, its constants in place; the query as a map from wire
 * name to argument, constants in the path's own query string; the body as a map from wire name to `"{args.<name>}"` or
 * to a constant, or `"{args.<name>}"` alone when one argument is the body. The server compiles a call plan of it
 * (`gateway/calls/compile-call-plan.ts`), and Mesh's own tools can run it (ADR 0001).
 * @throws TypeError for a row of the gateway's own
 */
export function callDirective(operation: TableRow): ConstDirectiveNode {
  const { source, args, answer } = operation;
  if (source.kind !== 'upstream') throw new TypeError(`${operation.field} is not an upstream operation`);
  const query = args
    .filter((arg) => arg.in === 'query' && arg.name !== undefined)
    // By name: the order of the document makes no difference in the schema.
    .sort((a, b) => (a.wire < b.wire ? -1 : 1));
  const body = bodyOf(args);
  const headers = [
    // Without a body there is no media type to name.
    ...(body === undefined ? [] : [['Content-Type', 'application/json']]),
    ['accept', answer === undefined || answer === 'empty' ? 'application/json' : '*/*'],
  ];
  const styles = query.flatMap(({ wire, style }) => (style === undefined ? [] : [[wire, { style }] as const]));
  return directive('httpOperation', {
    subgraph: hasOwnShape(operation) ? 'Protocol' : 'Noetl',
    path: pathOf(source.path, args),
    operationSpecificHeaders: headers,
    httpMethod: source.method,
    queryParamArgMap: query.length === 0 ? undefined : mapOf(query.map((arg) => [arg.wire, arg.name])),
    queryStringOptionsByParam: styles.length === 0 ? undefined : mapOf(styles),
    requestBaseBody: body,
  });
}

function pathOf(path: string, args: readonly OperationArgument[]): string {
  const filled = args
    .filter((arg) => arg.in === 'path')
    .reduce(
      (text, arg) =>
        text.replaceAll(`{${arg.wire}}`, arg.name === undefined ? String(arg.constant) : `{args.${arg.name}}`),
      path,
    );
  // Constants of a query are in the path's query string: the map names arguments only.
  const constants = args.filter((arg) => arg.in === 'query' && arg.constant !== undefined);
  const query = new URLSearchParams(constants.map((arg) => [arg.wire, String(arg.constant)])).toString();
  return query === '' ? filled : `${filled}?${query}`;
}

function bodyOf(args: readonly OperationArgument[]): unknown {
  const sent = args.filter((arg) => arg.in === 'body' && (arg.name !== undefined || arg.constant !== undefined));
  if (sent.length === 0) return undefined;
  const value = (arg: OperationArgument): unknown => (arg.name === undefined ? arg.constant : `{args.${arg.name}}`);
  // The whole body is one argument only where it has no members; a member may be called `input` as well.
  const only = args.filter((arg) => arg.in === 'body');
  const [first] = sent;
  if (first !== undefined && only.length === 1 && first.wire === wholeBody) return value(first);
  return mapOf(sent.map((arg) => [arg.wire, value(arg)]));
}

/** An object where GraphQL has names for its keys; the same as JSON text where it has no names. */
function mapOf(entries: readonly (readonly [string, unknown])[]): unknown {
  const map = Object.fromEntries(entries);
  return isLiteral(map) ? map : JSON.stringify(map);
}

/** Keys such as `content-type` are not names in GraphQL (GraphQL specification, Names). */
function isLiteral(value: unknown): boolean {
  if (Array.isArray(value)) return value.every(isLiteral);
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(value).every(([key, member]) => isPublicName(key) && isLiteral(member));
}

/**
 * `@noetl` of a row: what its operation does, which arguments are catalog paths and which are ids of executions; for
 * what starts playbooks also what the parts of the call are named on the wire; what an answer is that is not JSON;
 * which members of the body are null when an argument is absent; which arguments have old names (`old:new`); between which
 * bounds values are. Empty lists are left out. What serves switches on it and never looks at a path (ADR 0001).
 */
export function kindDirective(operation: TableRow): ConstDirectiveNode {
  const { kind, catalogPaths, executionIds, start, answer, args } = operation;
  const bounds = boundsByName(operation);
  const former = args.flatMap(({ name, formerNames = {} }) => Object.keys(formerNames).map((old) => `${old}:${name}`));
  const nulls = args.flatMap(({ wire, nullWhenAbsent }) => (nullWhenAbsent === true ? [wire] : []));
  const listed = (values: readonly string[]) => (values.length === 0 ? undefined : values);
  return directive('noetl', {
    kind,
    catalogPaths: listed(catalogPaths),
    executionIds: listed(executionIds),
    playbook: start?.playbook,
    workload: start?.workload,
    execution: start?.execution,
    answer,
    formerArguments: listed(former),
    nulls: listed(nulls),
    bounds: bounds.size === 0 ? undefined : Object.fromEntries(bounds),
  });
}

/** The bounds of the arguments that callers may give, by their public names: in the order of the names. */
export function boundsByName({ kind, args }: TableRow): ReadonlyMap<string, ArgumentBounds> {
  const named = args.flatMap(({ name, bounds }) =>
    name === undefined || bounds === undefined ? [] : [[name, bounds] as const],
  );
  const own = Object.entries(gatewayBounds[kind] ?? {}).filter(
    ([name]) => gatewayArguments[kind]?.[name] !== undefined,
  );
  return new Map([...own, ...named].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** `@deprecated(reason:)` (GraphQL specification, @deprecated). */
export const deprecation = (reason: string): ConstDirectiveNode => directive('deprecated', { reason });

/** The name on the wire of a field that has another one in public. */
const resolveRootField = (wire: string): ConstDirectiveNode =>
  directive('resolveRootField', { subgraph: 'Noetl', field: wire });

/** A directive with the arguments that are defined. */
function directive(name: string, args: Readonly<Record<string, unknown>>): ConstDirectiveNode {
  const nodes = Object.entries(args).flatMap(([key, given]): ConstArgumentNode[] => {
    // The one argument whose type is an enumeration; a value alone does not show it.
    const value = key === 'httpMethod' ? { kind: Kind.ENUM, value: given } : astFromValueUntyped(given);
    if (value === null) return [];
    return [{ kind: Kind.ARGUMENT, name: { kind: Kind.NAME, value: key }, value: value as ConstValueNode }];
  });
  return { kind: Kind.DIRECTIVE, name: { kind: Kind.NAME, value: name }, arguments: nodes };
}

/** What a reader of the schema has to know of the directives; Mesh declares each only when it used it itself. */
export const callDirectives = parse(
  `scalar ObjMap
enum HTTPMethod { GET POST PUT PATCH DELETE }
directive @httpOperation(subgraph: String, path: String, operationSpecificHeaders: [[String]], httpMethod: HTTPMethod, queryParamArgMap: ObjMap, queryStringOptionsByParam: ObjMap, requestBaseBody: ObjMap) on FIELD_DEFINITION
directive @noetl(kind: String!, catalogPaths: [String!], executionIds: [String!], playbook: String, workload: String, execution: String, answer: String, nulls: [String!], formerArguments: [String!], bounds: ObjMap) on FIELD_DEFINITION
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

/** Everything that decides what a type of the document looks like. Members are `Type.wire`. */
export interface Shape {
  /** Public names of members of answers, where rows set them. */
  readonly answers: ReadonlyMap<string, readonly string[]>;
  /** Members that are not open. */
  readonly closed: ReadonlySet<string>;
  /** Lists whose items may be null. */
  readonly nullableItems: ReadonlySet<string>;
  readonly enums: ReadonlySet<string>;
  readonly inputs: ReadonlySet<string>;
  /** Types that the document does not shape. */
  readonly own: ReadonlySet<string>;
}

/** Collects what decides the types, of all rows: a type is one for all of them. */
export function shapeOf(document: DocumentNode, operations: readonly TableRow[], answers: Shape['answers']): Shape {
  const namesOf = (kind: Kind): ReadonlySet<string> =>
    new Set(document.definitions.flatMap((one) => (one.kind === kind && 'name' in one ? (one.name?.value ?? []) : [])));
  return {
    answers,
    closed: new Set(operations.flatMap(({ closed = [] }) => closed)),
    nullableItems: new Set(operations.flatMap(({ nullableItems = [] }) => nullableItems)),
    enums: namesOf(Kind.ENUM_TYPE_DEFINITION),
    inputs: namesOf(Kind.INPUT_OBJECT_TYPE_DEFINITION),
    own: ownTypes(operations),
  };
}

/** A type of Mesh's schema as it is public; nothing for what is not. */
export function shapeDefinition(definition: DefinitionNode, shape: Shape): readonly DefinitionNode[] {
  if (shape.own.has(nameOf(definition))) return [withoutDirectives(definition)];
  switch (definition.kind) {
    case Kind.SCHEMA_DEFINITION:
    case Kind.SCHEMA_EXTENSION:
    // The directives are declared by {@link callDirectives}, whether or not Mesh has used them.
    case Kind.DIRECTIVE_DEFINITION:
      return [];
    case Kind.OBJECT_TYPE_DEFINITION:
      // Root types are made of the rows.
      if (Object.values<string>(rootNames).includes(definition.name.value)) return [];
      return [shapeFields(definition, shape)];
    case Kind.INPUT_OBJECT_TYPE_DEFINITION:
      return [bareInput(definition, shape)];
    case Kind.ENUM_TYPE_DEFINITION:
    case Kind.UNION_TYPE_DEFINITION:
      return declared.has(definition.name.value) ? [] : [withKnownDirectives(definition)];
    case Kind.SCALAR_TYPE_DEFINITION:
      return declared.has(definition.name.value) ? [] : [withOwnWords(definition)];
    default:
      return declared.has(nameOf(definition)) ? [] : [definition];
  }
}

const nameOf = (definition: DefinitionNode): string => ('name' in definition ? (definition.name?.value ?? '') : '');

/** Mesh's marks mean nothing on a type that has no names on the wire. */
const withoutDirectives = <Node extends DefinitionNode>(definition: Node): Node =>
  definition.kind === Kind.INPUT_OBJECT_TYPE_DEFINITION ? { ...definition, directives: [] } : definition;

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
const servedDirectives = new Set(['enum', 'discriminator', 'deprecated']);

function withKnownDirectives<Node extends EnumTypeDefinitionNode | UnionTypeDefinitionNode>(definition: Node): Node {
  return visit(noted(definition), {
    Directive: (node) => (servedDirectives.has(node.name.value) ? undefined : null),
  }) as Node;
}

/** The name of the type that a field answers with, below lists and non-nulls. */
export function namedTypeOf(type: TypeNode): string {
  return type.kind === Kind.NAMED_TYPE ? type.name.value : namedTypeOf(type.type);
}

/**
 * The rows' names of members of answers. A type is the same wherever it is reached, so two rows with different names for
 * one type conflict.
 * @throws ERR_POLICY_INVALID naming both rows.
 */
export function answerFieldNames(
  document: DocumentNode,
  operations: readonly TableRow[],
  roots: ReadonlyMap<string, FieldDefinitionNode>,
): Shape['answers'] {
  const types = new Map(
    document.definitions
      .filter((definition) => definition.kind === Kind.OBJECT_TYPE_DEFINITION)
      .map((definition) => [definition.name.value, definition] as const),
  );
  const chosen = new Map<string, { readonly names: readonly string[]; readonly row: string }>();
  const problems: string[] = [];
  for (const { field: row, fields } of operations) {
    const root = roots.get(row);
    for (const [path, names] of Object.entries(fields)) {
      const place = root && locate(types, namedTypeOf(root.type), path);
      // `rowFields` has reported a path that leads nowhere.
      if (place === undefined) continue;
      const member = `${place.type}.${place.wire}`;
      const before = chosen.get(member);
      // Several rows may have the same names for a type, in any order.
      if (before !== undefined && before.names.join() !== names.join()) {
        problems.push(
          `operations.${row}.fields.${path}: conflicts with operations.${before.row}, which maps the same type ${place.type}`,
        );
      }
      chosen.set(member, { names, row });
    }
  }
  if (problems.length > 0) throw new GatewayError('ERR_POLICY_INVALID', 'Rows disagree about a type.', { problems });
  return new Map([...chosen].map(([member, { names }]) => [member, names]));
}

type Types = ReadonlyMap<string, ObjectTypeDefinitionNode>;

/** The type and wire name that a row's `items.name` means, seen from the type that the row answers with. */
function locate(types: Types, type: string, path: string): { type: string; wire: string } | undefined {
  const fields = types.get(type)?.fields ?? [];
  if (fields.some((field) => wireOf(field) === path)) return { type, wire: path };
  const outer = fields.find((field) => path.startsWith(`${wireOf(field)}.`));
  return outer && { type: namedTypeOf(outer.type), wire: path.slice(wireOf(outer).length + 1) };
}

/**
 * An answer's type with public field names: names from the rows, else the wire name in camel case. A name that is taken
 * already stays as the wire spells it.
 */
function shapeFields(
  type: ObjectTypeDefinitionNode,
  { answers, closed, enums, nullableItems }: Shape,
): ObjectTypeDefinitionNode {
  const given = (type.fields ?? [])
    .map((field) => ({ field, wire: wireOf(field), member: `${type.name.value}.${wireOf(field)}` }))
    .filter(({ member }) => !closed.has(member));
  // Names that rows have chosen come first: a default name gives way to them.
  const usedNames = new Set(given.flatMap(({ member }) => answers.get(member) ?? []));
  const fields = given.flatMap(({ field, wire, member }) => {
    const shaped = answerType(field.type, enums, nullableItems.has(member));
    return (answers.get(member) ?? [freeName(wire, usedNames)]).map(
      (value): FieldDefinitionNode =>
        // The executor reads a field by its own name unless a directive names another.
        noted({
          ...field,
          name: { kind: Kind.NAME, value },
          type: shaped,
          directives: value === wire ? [] : [resolveRootField(wire)],
        }),
    );
  });
  const twice = fields.map((field) => field.name.value).find((name, index, all) => all.indexOf(name) !== index);
  if (twice !== undefined || fields.length === 0) {
    const problem = twice === undefined ? 'nothing is left of it' : `two fields are called ${twice}`;
    throw new GatewayError('ERR_POLICY_INVALID', 'An answer has no usable shape.', {
      problems: [`${type.name.value}: ${problem}`],
    });
  }
  return noted({ ...type, directives: [], fields });
}

function freeName(wire: string, usedNames: Set<string>): string {
  const candidates = [camelCase(wire), escapeName(wire)];
  // An underscore behind the name is the last resort: the wire's own spelling may be taken as well.
  const free = candidates.find((name) => isPublicName(name) && !usedNames.has(name)) ?? `${escapeName(wire)}_`;
  usedNames.add(free);
  return free;
}

/**
 * What the document promises: a required field is never null, and a list has no nulls in it. An enumeration may be
 * null, since a newer upstream adds values that this one does not know; so may an item that is any JSON.
 */
export function answerType(type: TypeNode, enums: ReadonlySet<string>, hasNulls = false): TypeNode {
  if (type.kind === Kind.NON_NULL_TYPE)
    return enums.has(namedTypeOf(type)) && type.type.kind !== Kind.LIST_TYPE
      ? type.type
      : nonNull(answerType(type.type, enums, hasNulls));
  if (type.kind !== Kind.LIST_TYPE) return type;
  const item = answerType(type.type, enums, hasNulls);
  const mayBeNull = hasNulls || namedTypeOf(item) === 'JSON' || enums.has(namedTypeOf(item));
  return { ...type, type: mayBeNull ? item : nonNull(item) };
}

const nonNull = (type: TypeNode): TypeNode =>
  type.kind === Kind.NON_NULL_TYPE ? type : { kind: Kind.NON_NULL_TYPE, type };

const wireOf = (field: FieldDefinitionNode): string => wireName(field.name.value);

interface Described {
  readonly description?: StringValueNode | undefined;
  readonly directives?: readonly ConstDirectiveNode[] | undefined;
}

/**
 * A definition whose description is what callers read, and with the deprecation that the description carried. Mesh
 * keeps descriptions and drops reasons of deprecation, so both travel in the description (`withNotes`).
 */
function noted<Node extends Described>(node: Node): Node {
  const { description: given, ...rest } = node;
  const { description, deprecated } = readNotes(given?.value);
  const directives = deprecated === undefined ? node.directives : [...(node.directives ?? []), deprecation(deprecated)];
  return {
    ...rest,
    ...(description === undefined ? {} : { description: { kind: Kind.STRING, value: description } }),
    ...(directives === undefined ? {} : { directives }),
  } as Node;
}
