import {
  type ASTNode,
  type ConstDirectiveNode,
  type DefinitionNode,
  type DocumentNode,
  type FieldDefinitionNode,
  type InputValueDefinitionNode,
  Kind,
  type ObjectTypeDefinitionNode,
  parse,
  visit,
} from 'graphql';
import { deprecationOf } from '../../gateway/config/former-names.ts';
import { type ArgumentBounds, boundsText } from '../../plugins/argument-bounds.ts';
import { GatewayError } from '../../plugins/errors.ts';
import { hasOwnShape } from '../../plugins/operation.ts';
import { argumentDocs, gatewayArguments, isProtocolStart } from '../../plugins/operation-kind.ts';
import type { TableRow } from './mesh-config.ts';
import {
  answerFieldNames,
  answerType,
  boundsByName,
  callDirective,
  callDirectives,
  deprecation,
  kindDirective,
  namedTypeOf,
  rootNames,
  type Shape,
  shapeDefinition,
  shapeOf,
} from './shape-definition.ts';
import { withOwnTypes, withTypeNames } from './type-names.ts';

/**
 * Gives Mesh's schema the public shape of the table, so that the printed SDL alone defines every call:
 * arguments by their public names, `@httpOperation` with every argument's place on the wire, answer fields by their
 * public names with `@resolveRootField` naming the wire's, identifiers as `ID`, and the rows that the gateway answers
 * itself.
 * @throws ERR_POLICY_INVALID when a row has no field or a field no row.
 */
export function shapeSchema(schema: DocumentNode, operations: readonly TableRow[]): DocumentNode {
  // Names first: rows name types as they are in public.
  const document = withOwnTypes(withTypeNames(schema), operations);
  const roots = rootFields(document);
  assertRows(operations, roots);
  const shape = shapeOf(document, operations, answerFieldNames(document, operations, roots));
  const shaped = document.definitions.flatMap((definition) => shapeDefinition(definition, shape));
  const definitions = [
    ...rootTypes(operations, roots, shape),
    ...shaped,
    ...gatewayTypes(operations),
    ...callDirectives,
  ];
  // Last: what is closed leaves types behind that nothing leads to.
  return keepReachable({ kind: Kind.DOCUMENT, definitions });
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
  const rows = new Set(operations.flatMap(({ source, field }) => (source.kind === 'upstream' ? [field] : [])));
  const problems = [
    ...[...rows].filter((field) => !roots.has(field)).map((field) => `operations.${field}: Mesh made no field of it`),
    ...[...roots.keys()]
      .filter((field) => !rows.has(field))
      .map((field) => `${field}: Mesh made a field without a row`),
  ];
  if (problems.length > 0) {
    throw new GatewayError('ERR_POLICY_INVALID', 'The schema and the table differ.', { problems });
  }
}

function rootTypes(
  operations: readonly TableRow[],
  roots: ReadonlyMap<string, FieldDefinitionNode>,
  shape: Shape,
): ObjectTypeDefinitionNode[] {
  return Object.entries(rootNames).flatMap(([root, name]) => {
    const fields = operations
      .filter((operation) => operation.root === root)
      .flatMap((operation) => rootField(operation, roots.get(operation.field), shape) ?? []);
    return fields.length === 0
      ? []
      : [{ kind: Kind.OBJECT_TYPE_DEFINITION, name: { kind: Kind.NAME, value: name }, fields } as const];
  });
}

function rootField(
  operation: TableRow,
  made: FieldDefinitionNode | undefined,
  { enums }: Shape,
): FieldDefinitionNode | undefined {
  if (operation.source.kind === 'gateway') {
    const field = gatewayField(operation.source.sdl);
    if (field === undefined) return undefined;
    const directives = [...(field.directives ?? []), ...deprecations(operation.deprecated)];
    return { ...(operation.description === undefined ? field : describe(field, operation.description)), directives };
  }
  if (made === undefined) return undefined;
  // An argument that is not in the table is closed, whatever Mesh made of the document.
  const descriptions = new Map(operation.args.map((arg) => [arg.name, arg.description]));
  const offered = (made.arguments ?? []).filter(({ name }) => hasOwnShape(operation) || descriptions.has(name.value));
  const bounds = boundsByName(operation);
  const described = withGatewayArguments(operation, offered).map((arg) => {
    const { value: name } = arg.name;
    // The row's own arguments are the row's to describe; the others are the same everywhere.
    const isFixed = hasOwnShape(operation) || !descriptions.has(name);
    const words = descriptions.get(name) ?? (isFixed ? argumentDocs[name] : undefined);
    return describe(arg, withBounds(words, enums.has(namedTypeOf(arg.type)) ? undefined : bounds.get(name)));
  });
  const args = withFormerArguments(operation, described);
  const directives: ConstDirectiveNode[] = [
    callDirective(operation),
    kindDirective(operation),
    ...deprecations(operation.deprecated),
  ];
  return describe({ ...made, arguments: args, directives, type: answerType(made.type, enums) }, operation.description);
}

/** What callers read of an argument: an enumeration of the schema lists its values itself. */
function withBounds(words: string | undefined, bounds: ArgumentBounds | undefined): string | undefined {
  if (bounds === undefined) return words;
  const text = boundsText(bounds);
  return `${words === undefined ? '' : `${words} `}${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

const deprecations = (reason: string | undefined): readonly ConstDirectiveNode[] =>
  reason === undefined ? [] : [deprecation(reason)];

/**
 * The arguments of a field with their former names, which are deprecated and never required; neither is then the new
 * name. What rows deprecate is marked.
 */
function withFormerArguments(
  { args: rows }: TableRow,
  args: readonly InputValueDefinitionNode[],
): readonly InputValueDefinitionNode[] {
  return args.flatMap((arg) => {
    const row = rows.find(({ name }) => name === arg.name.value);
    const marked = { ...arg, directives: deprecations(row?.deprecated) };
    const former = Object.entries(row?.formerNames ?? {});
    if (former.length === 0) return [marked];
    // A caller gives one of the names, so a single one cannot be required (GraphQL specification, @deprecated).
    const type = arg.type.kind === Kind.NON_NULL_TYPE ? arg.type.type : arg.type;
    const { defaultValue: _, ...bare } = arg;
    const old = former.map(([value, until]) => {
      const directives = [deprecation(deprecationOf(arg.name.value, until))];
      return { ...bare, name: { kind: Kind.NAME, value }, type, directives } as const;
    });
    return [{ ...marked, type }, ...old];
  });
}

/** The arguments of a field with those that the gateway itself answers to, unless NoETL has one of that name. */
function withGatewayArguments(
  { kind }: TableRow,
  args: readonly InputValueDefinitionNode[],
): readonly InputValueDefinitionNode[] {
  const names = new Set(args.map(({ name }) => name.value));
  // The protocol's own fields have them from `protocol-sdl.ts`; other rows that start playbooks do without.
  const wanted = isProtocolStart(kind) ? {} : gatewayArguments[kind];
  const own = Object.entries(wanted ?? {}).filter(([name]) => !names.has(name));
  if (own.length === 0) return args;
  // Parsed as a field of its own: the list of arguments is SDL text.
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

const roots = ['Query', 'Mutation', 'Subscription'];

/**
 * A document without the types and directives that no root field leads to. `pruneSchema` takes a schema, which has no
 * directives on its parts.
 */
export function keepReachable(document: DocumentNode): DocumentNode {
  const byName = Map.groupBy(
    document.definitions.filter((definition) => 'name' in definition && definition.name !== undefined),
    (definition) => keyOf(definition),
  );
  const reached = new Set<string>();
  // Names of directives are queued with their `@`: a type may have the same name.
  const queue = [...roots];
  for (let key = queue.pop(); key !== undefined; key = queue.pop()) {
    if (reached.has(key)) continue;
    reached.add(key);
    for (const definition of byName.get(key) ?? []) queue.push(...namesIn(definition));
  }
  return { ...document, definitions: document.definitions.filter((definition) => reached.has(keyOf(definition))) };
}

function keyOf(definition: DefinitionNode): string {
  const name = 'name' in definition ? (definition.name?.value ?? '') : '';
  return definition.kind === Kind.DIRECTIVE_DEFINITION ? `@${name}` : name;
}

function namesIn(definition: ASTNode): string[] {
  const names: string[] = [];
  visit(definition, {
    // Interfaces and members of unions are named types, too.
    NamedType: (node) => {
      names.push(node.name.value);
    },
    Directive: (node) => {
      names.push(`@${node.name.value}`);
    },
  });
  return names;
}
