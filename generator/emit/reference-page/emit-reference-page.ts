import {
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isObjectType,
  isRequiredArgument,
  print,
} from 'graphql';
import { ruleText } from '../../../plugins/noetl-auth/access/explain-text.ts';
import type { Operation } from '../../../plugins/operation.ts';
import { boundWords } from '../bound-words.ts';
import type { Emitter } from '../emitter.ts';
import { codeSpan, fenced, page, table } from '../markdown.ts';
import { operationNode } from '../operation-document.ts';
import { exampleValue } from './example-value.ts';

const target = 'docs/generated/schema.md';

type Field = GraphQLField<unknown, unknown>;

/**
 * The schema for those who write apps: every field with an example, every type that they can meet. Made of the schema
 * with its call instructions, of which nothing is shown.
 */
export const emitReferencePage: Emitter = ({ schema, operations, config }) => {
  const rules = new Map(operations.map((operation) => [operation.field, operation]));
  const types = {
    query: schema.getQueryType(),
    mutation: schema.getMutationType(),
    subscription: schema.getSubscriptionType(),
  };
  const section = (root: keyof typeof types) => {
    const type = types[root];
    return byName(Object.values(type?.getFields() ?? {})).map((field) =>
      fieldSection(root, field, rules.get(field.name), boundWords(config.operations[field.name])),
    );
  };
  const sections = [
    '# Schema reference',
    'Send operations to `POST /graphql` with a session token. Ids are text: they are larger than JavaScript’s exact numbers. A field that is refused is null, and the reason is in `extensions.code` of `errors`.',
    '## Queries',
    ...section('query'),
    '## Mutations',
    ...section('mutation'),
    ...(types.subscription == null
      ? []
      : ['## Subscriptions', 'Streams of events (`accept: text/event-stream`).', ...section('subscription')]),
    '## Types',
    ...typeSections(schema),
  ];
  return [{ path: target, content: page('mesh/generated/schema.graphql', sections) }];
};

function fieldSection(
  root: 'query' | 'mutation' | 'subscription',
  field: Field,
  operation: Operation | undefined,
  bounds: string,
): string {
  const variables = Object.fromEntries(
    field.args.filter(shownInExample).map((arg) => [arg.name, exampleValue(arg.name, arg.type)]),
  );
  const parts = [
    `### ${codeSpan(field.name)}`,
    field.deprecationReason == null ? undefined : `Deprecated: ${field.deprecationReason}`,
    field.description ?? operation?.description,
    `Answers ${codeSpan(String(field.type))}. May be called by ${operation === undefined ? 'no user' : ruleText(operation.access, codeSpan)}.`,
    bounds === '' ? undefined : `A call: ${bounds}.`,
    argumentsTable(field),
    fenced('graphql', print(operationNode(root, field))),
    Object.keys(variables).length === 0 ? undefined : fenced('json', JSON.stringify(variables, null, 2)),
  ];
  return parts.filter((part) => part !== undefined && part !== '').join('\n\n');
}

/** Arguments of the example: those that must be given, and the variables of a playbook, which people look for. */
const shownInExample = (arg: Field['args'][number]): boolean => isRequiredArgument(arg) || arg.name === 'variables';

function argumentsTable(field: Field): string {
  if (field.args.length === 0) return '';
  return table(
    ['argument', 'type', 'default', ''],
    field.args.map((arg) => [
      codeSpan(arg.name),
      codeSpan(String(arg.type)),
      arg.defaultValue === undefined ? '' : codeSpan(JSON.stringify(arg.defaultValue)),
      arg.description ?? '',
    ]),
  );
}

function typeSections(schema: GraphQLSchema): readonly string[] {
  return byName([...metTypes(schema)]).flatMap((type) => {
    const body = typeBody(type);
    return body === undefined
      ? []
      : [[`### ${codeSpan(type.name)}`, type.description ?? '', body].filter(Boolean).join('\n\n')];
  });
}

/** Types below the root fields; those that only directives use are of no use to callers. */
function metTypes(schema: GraphQLSchema): ReadonlySet<GraphQLNamedType> {
  const met = new Set<GraphQLNamedType>();
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].filter(
    (type) => type != null,
  );
  const waiting: GraphQLNamedType[] = [...roots];
  for (let type = waiting.pop(); type !== undefined; type = waiting.pop()) {
    if (!met.has(type)) waiting.push(...typesIn(type));
    met.add(type);
  }
  // Root types have sections of their own.
  for (const root of roots) met.delete(root);
  return met;
}

/** Types of a type's own fields and of their arguments. */
function typesIn(type: GraphQLNamedType): readonly GraphQLNamedType[] {
  if (isInputObjectType(type)) return Object.values(type.getFields()).map((field) => getNamedType(field.type));
  if (!isObjectType(type)) return [];
  return Object.values(type.getFields()).flatMap((field) => [
    getNamedType(field.type),
    ...field.args.map((arg) => getNamedType(arg.type)),
  ]);
}

/** Scalars are shown by name. */
function typeBody(type: GraphQLNamedType): string | undefined {
  if (isEnumType(type))
    return table(
      ['value', ''],
      type.getValues().map((one) => [codeSpan(one.name), one.description ?? '']),
    );
  if (isObjectType(type) || isInputObjectType(type)) {
    const rows = Object.values(type.getFields()).map((one) => [
      codeSpan(one.name),
      codeSpan(String(one.type)),
      one.description ?? '',
    ]);
    return table([isObjectType(type) ? 'field' : 'member', 'type', ''], rows);
  }
  return undefined;
}

const byName = <T extends { name: string }>(list: readonly T[]): T[] =>
  list.toSorted((a, b) => (a.name < b.name ? -1 : 1));
