import {
  type ConstDirectiveNode,
  type DocumentNode,
  type FieldDefinitionNode,
  Kind,
  type ObjectTypeDefinitionNode,
  type TypeNode,
} from 'graphql';
import { GatewayError } from '../../plugins/errors.ts';
import { escapeName, wireName } from '../openapi/escaped-name.ts';
import { camelCase, isPublicName } from '../openapi/identifiers.ts';
import { noted } from './noted.ts';
import type { TableRow } from './table-row.ts';

/** Type → wire name → public names, where rows set them. */
export type FieldNames = ReadonlyMap<string, ReadonlyMap<string, readonly string[]>>;

/**
 * The rows' names of response fields, by the type of the response. A type is the same wherever it is reached, so two
 * rows with different names for one type conflict.
 * @throws ERR_POLICY_INVALID naming both rows.
 */
export function answerFieldNames(
  document: DocumentNode,
  operations: readonly TableRow[],
  roots: ReadonlyMap<string, FieldDefinitionNode>,
): FieldNames {
  const types = new Map(
    document.definitions
      .filter((definition) => definition.kind === Kind.OBJECT_TYPE_DEFINITION)
      .map((definition) => [definition.name.value, definition] as const),
  );
  const byType = new Map<string, Map<string, Mapping>>();
  const problems: string[] = [];
  for (const { operation, place, path, names } of placesOf(operations, types, roots)) {
    const fields = byType.get(place.type) ?? new Map<string, Mapping>();
    // Several rows may have the same names for a type, in any order.
    const before = fields.get(place.wire);
    if (before !== undefined && before.names.join() !== names.join()) {
      problems.push(
        `operations.${operation}.fields.${path}: conflicts with operations.${before.operation}, which maps the same type ${place.type}`,
      );
    }
    fields.set(place.wire, { names, operation });
    byType.set(place.type, fields);
  }
  if (problems.length > 0) throw new GatewayError('ERR_POLICY_INVALID', 'Rows disagree about a type.', { problems });
  return new Map(
    [...byType].map(([type, fields]) => [type, new Map([...fields].map(([wire, { names }]) => [wire, names]))]),
  );
}

interface Mapping {
  readonly names: readonly string[];
  readonly operation: string;
}

type Types = ReadonlyMap<string, ObjectTypeDefinitionNode>;

/**
 * Each name that a row gives, with the type and the member that it means; a path that leads nowhere is left out, since
 * `rowFields` has reported it.
 */
function placesOf(
  operations: readonly TableRow[],
  types: Types,
  roots: ReadonlyMap<string, FieldDefinitionNode>,
): (Mapping & { readonly path: string; readonly place: { readonly type: string; readonly wire: string } })[] {
  return operations.flatMap((operation) => {
    const root = roots.get(operation.field);
    return Object.entries(operation.fields).flatMap(([path, names]) => {
      const place = root && locate(types, named(root.type), path);
      return place === undefined ? [] : [{ operation: operation.field, place, path, names }];
    });
  });
}

/** The type and wire name that a row's `items.name` means, seen from the type that the row answers with. */
function locate(types: Types, type: string, path: string): { type: string; wire: string } | undefined {
  const fields = types.get(type)?.fields ?? [];
  if (fields.some((field) => wireOf(field) === path)) return { type, wire: path };
  const outer = fields.find((field) => path.startsWith(`${wireOf(field)}.`));
  return outer && { type: named(outer.type), wire: path.slice(wireOf(outer).length + 1) };
}

/**
 * An answer's type with public field names: names from the rows, else the wire name in camel case. A name that is taken
 * already stays as the wire spells it.
 */
export function shapeFields(
  type: ObjectTypeDefinitionNode,
  answers: FieldNames,
  { closed, enums, nullableItems }: ShapeNotes,
): ObjectTypeDefinitionNode {
  const chosen = answers.get(type.name.value);
  const given = (type.fields ?? [])
    .map((field) => ({ field, wire: wireOf(field) }))
    .filter(({ wire }) => !closed.has(`${type.name.value}.${wire}`));
  // Names that rows have chosen come first: a default name gives way to them.
  const taken = new Set(given.flatMap(({ wire }) => chosen?.get(wire) ?? []));
  const fields = given.flatMap(({ field, wire }) => {
    const names = chosen?.get(wire) ?? [freeName(wire, taken)];
    const hasNulls = nullableItems.has(`${type.name.value}.${wire}`);
    return names.map((name) => rename(field, name, wire, (given) => answerType(given, enums, hasNulls)));
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

function freeName(wire: string, taken: Set<string>): string {
  const candidates = [camelCase(wire), escapeName(wire)];
  // An underscore behind the name is the last resort: the wire's own spelling may be taken as well.
  const free = candidates.find((name) => isPublicName(name) && !taken.has(name)) ?? `${escapeName(wire)}_`;
  taken.add(free);
  return free;
}

function rename(
  field: FieldDefinitionNode,
  name: string,
  wire: string,
  typeOf: (type: TypeNode) => TypeNode,
): FieldDefinitionNode {
  // The executor reads a field by its own name unless a directive names another.
  const directives = name === wire ? [] : [resolveRootField(wire)];
  return noted({ ...field, name: { kind: Kind.NAME, value: name }, type: typeOf(field.type), directives });
}

/** What the type system of a document does not express. */
export interface ShapeNotes {
  /** `Type.wire` of everything that is not open. */
  readonly closed: ReadonlySet<string>;
  readonly enums: ReadonlySet<string>;
  /** `Type.wire` of lists whose items may be null. */
  readonly nullableItems: ReadonlySet<string>;
}

/**
 * What the document promises: a required field is never null, and a list has no nulls in it. An enumeration may be
 * null, since a newer upstream adds values that this one does not know; so may an item that is any JSON.
 */
export function answerType(type: TypeNode, enums: ReadonlySet<string>, hasNulls = false): TypeNode {
  if (type.kind === Kind.NON_NULL_TYPE)
    return enums.has(named(type)) && type.type.kind !== Kind.LIST_TYPE
      ? type.type
      : nonNull(answerType(type.type, enums, hasNulls));
  if (type.kind !== Kind.LIST_TYPE) return type;
  const item = answerType(type.type, enums, hasNulls);
  const mayBeNull = hasNulls || named(item) === 'JSON' || enums.has(named(item));
  return { ...type, type: mayBeNull ? item : nonNull(item) };
}

const nonNull = (type: TypeNode): TypeNode =>
  type.kind === Kind.NON_NULL_TYPE ? type : { kind: Kind.NON_NULL_TYPE, type };

const resolveRootField = (wire: string): ConstDirectiveNode => ({
  kind: Kind.DIRECTIVE,
  name: { kind: Kind.NAME, value: 'resolveRootField' },
  arguments: (
    [
      ['subgraph', 'Noetl'],
      ['field', wire],
    ] as const
  ).map(([key, value]) => ({
    kind: Kind.ARGUMENT,
    name: { kind: Kind.NAME, value: key },
    value: { kind: Kind.STRING, value },
  })),
});

const wireOf = (field: FieldDefinitionNode): string => wireName(field.name.value);

const named = (type: TypeNode): string => (type.kind === Kind.NAMED_TYPE ? type.name.value : named(type.type));
