import {
  type DefinitionNode,
  type DocumentNode,
  type FieldDefinitionNode,
  Kind,
  type ObjectTypeDefinitionNode,
  parse,
  type ScalarTypeDefinitionNode,
  visit,
} from 'graphql';
import { GatewayError } from '../../plugins/errors.ts';
import { scalarMarks } from '../openapi/open-api.ts';
import type { TableRow } from './mesh-config.ts';

/**
 * Mesh's schema with the names that types have in public: a scalar that Mesh made of a length that marks one is that
 * one, and `Filter_Input` is `FilterInput`.
 */
export function withTypeNames(document: DocumentNode): DocumentNode {
  const usedNames = new Set(document.definitions.map(nameOf));
  const marks = new Map<string, string>();
  const names = new Map<string, string>();
  for (const definition of document.definitions) {
    const mark = definition.kind === Kind.SCALAR_TYPE_DEFINITION ? markedScalar(definition) : undefined;
    if (mark !== undefined) marks.set(nameOf(definition), mark);
    const input = definition.kind === Kind.INPUT_OBJECT_TYPE_DEFINITION ? inputName(nameOf(definition)) : undefined;
    // A type of that name may be an answer's; then Mesh's name stays.
    if (input === undefined || usedNames.has(input)) continue;
    usedNames.add(input);
    names.set(nameOf(definition), input);
  }
  const others = document.definitions.filter((definition) => !marks.has(nameOf(definition)));
  const hasDecimals = [...marks.values()].includes('Decimal');
  return visit(
    { ...document, definitions: hasDecimals ? [...others, ...decimalScalar] : others },
    {
      NamedType: (node) => renamed(node, marks.get(node.name.value) ?? names.get(node.name.value)),
      InputObjectTypeDefinition: (node) => renamed(node, names.get(node.name.value)),
    },
  );
}

const renamed = <Node extends object>(node: Node, value: string | undefined): Node | undefined =>
  value === undefined ? undefined : { ...node, name: { kind: Kind.NAME, value } };

const nameOf = (definition: DefinitionNode): string => ('name' in definition ? (definition.name?.value ?? '') : '');

const inputName = (name: string): string | undefined => {
  const bare = /^(.+)_Input(\d*)$/.exec(name);
  return bare === null ? undefined : `${bare[1]}Input${bare[2]}`;
};

function markedScalar({ directives = [] }: ScalarTypeDefinitionNode): string | undefined {
  // Mesh writes a length as `@length(max:)` on the scalar that it makes for it.
  const length = directives.find((directive) => directive.name.value === 'length');
  const max = length?.arguments?.find((one) => one.name.value === 'max')?.value;
  return max?.kind === Kind.INT ? scalarMarks[Number(max.value)] : undefined;
}

const decimalScalar = parse('"A decimal number: text or a number, as NoETL writes it." scalar Decimal', {
  noLocation: true,
}).definitions;

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
      if (copy !== undefined)
        copies.set(name, { ...withRenamedTypes(copy, types), name: { kind: Kind.NAME, value: name } });
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
  const fields = definition.fields?.map((field) => withRenamedTypes(field, rows.get(field.name.value) ?? {}));
  return { ...definition, ...(fields === undefined ? {} : { fields }) };
}

const withRenamedTypes = <Node extends FieldDefinitionNode | ObjectTypeDefinitionNode>(
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
