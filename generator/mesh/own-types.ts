import { type DocumentNode, type FieldDefinitionNode, Kind, type ObjectTypeDefinitionNode, visit } from 'graphql';
import { GatewayError } from '../../plugins/errors.ts';
import type { TableRow } from './table-row.ts';

/**
 * Types that a row has for itself: a copy of a shared type under the row's own name, so that what the row hides or
 * renames stays as it is everywhere else.
 * @throws ERR_POLICY_INVALID for a type that the row's answer does not lead to by types of its own
 */
export function withOwnTypes(document: DocumentNode, operations: readonly TableRow[]): DocumentNode {
  const wanted = operations.filter(({ types }) => types !== undefined);
  if (wanted.length === 0) return document;
  const objects = new Map(
    document.definitions.flatMap((one) =>
      one.kind === Kind.OBJECT_TYPE_DEFINITION ? [[one.name.value, one] as const] : [],
    ),
  );
  const problems = wanted.flatMap((row) => problemsOf(row, objects));
  if (problems.length > 0)
    throw new GatewayError('ERR_POLICY_INVALID', 'Rows name types that they do not have.', { problems });
  // Copies refer to the row's other copies, so a type below another one is the row's own on the whole way.
  const copies = new Map<string, ObjectTypeDefinitionNode>();
  for (const { types = {} } of wanted) {
    for (const [type, name] of Object.entries(types)) {
      const copy = objects.get(type);
      if (copy !== undefined) copies.set(name, { ...renamed(copy, types), name: { kind: Kind.NAME, value: name } });
    }
  }
  const rows = new Map(wanted.map((row) => [row.field, row.types ?? {}]));
  const definitions = document.definitions.map((one) => withOwnRoots(one, rows));
  return { ...document, definitions: [...definitions, ...copies.values()] };
}

function withOwnRoots(
  definition: DocumentNode['definitions'][number],
  rows: ReadonlyMap<string, Readonly<Record<string, string>>>,
): DocumentNode['definitions'][number] {
  if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION || !['Query', 'Mutation'].includes(definition.name.value)) {
    return definition;
  }
  const fields = definition.fields?.map((field) => renamed(field, rows.get(field.name.value) ?? {}));
  return { ...definition, ...(fields === undefined ? {} : { fields }) };
}

const renamed = <Node extends FieldDefinitionNode | ObjectTypeDefinitionNode>(
  node: Node,
  types: Readonly<Record<string, string>>,
): Node =>
  visit(node, {
    // Names of types within call instructions are text there, and stay.
    Directive: () => false,
    NamedType: (type) => {
      const value = Object.hasOwn(types, type.name.value) ? types[type.name.value] : undefined;
      return value === undefined ? undefined : { ...type, name: { kind: Kind.NAME, value } };
    },
  }) as Node;

type Objects = ReadonlyMap<string, ObjectTypeDefinitionNode>;

function problemsOf({ field, types = {} }: TableRow, objects: Objects): readonly string[] {
  const root = [...objects.values()]
    .flatMap((type) => (['Query', 'Mutation'].includes(type.name.value) ? (type.fields ?? []) : []))
    .find(({ name }) => name.value === field);
  const reached = new Set<string>();
  const queue = root === undefined ? [] : namesIn(root);
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    if (reached.has(name)) continue;
    reached.add(name);
    const type = objects.get(name);
    // Beyond a type that the row shares, nothing is the row's own.
    if (type !== undefined && Object.hasOwn(types, name)) queue.push(...namesIn(type));
  }
  return Object.entries(types).flatMap(([type, name]) => {
    const place = `operations.${field}.types.${type}`;
    if (!objects.has(type)) return [`${place}: the schema has no type of that name`];
    if (objects.has(name)) return [`${place}: ${name} is the name of another type`];
    return reached.has(type) ? [] : [`${place}: the answer leads to it by a type that is shared; name that one too`];
  });
}

function namesIn(node: FieldDefinitionNode | ObjectTypeDefinitionNode): string[] {
  const names: string[] = [];
  const noteName = (type: { readonly name: { readonly value: string } }): void => void names.push(type.name.value);
  if (node.kind === Kind.FIELD_DEFINITION) visit(node.type, { NamedType: noteName });
  else for (const field of node.fields ?? []) visit(field.type, { NamedType: noteName });
  return names;
}
