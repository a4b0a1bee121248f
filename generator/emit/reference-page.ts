import {
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
  isRequiredArgument,
  isRequiredInputField,
  print,
} from 'graphql';
import { ruleText } from '../../plugins/noetl-auth/access/explain-text.ts';
import type { Operation } from '../../plugins/operation.ts';
import type { Emitter } from './emitter.ts';
import { codeSpan, fenced, page, table } from './markdown.ts';
import { operationNode } from './operation-document.ts';
import { boundWords } from './policy-page.ts';

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
  return byName([...reachableTypes(schema)]).flatMap((type) => {
    const body = typeBody(type);
    return body === undefined
      ? []
      : [[`### ${codeSpan(type.name)}`, type.description ?? '', body].filter(Boolean).join('\n\n')];
  });
}

/** Types below the root fields; those that only directives use are of no use to callers. */
function reachableTypes(schema: GraphQLSchema): ReadonlySet<GraphQLNamedType> {
  const seen = new Set<GraphQLNamedType>();
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].filter(
    (type) => type != null,
  );
  const waiting: GraphQLNamedType[] = [...roots];
  for (let type = waiting.pop(); type !== undefined; type = waiting.pop()) {
    if (!seen.has(type)) waiting.push(...typesIn(type));
    seen.add(type);
  }
  // Root types have sections of their own.
  for (const root of roots) seen.delete(root);
  return seen;
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

/** Example values; an id is beyond 2^53, as NoETL's are. */
const examplesByScalar: Readonly<Record<string, unknown>> = {
  ID: '623456789012345678',
  Int: 1,
  Float: 1.5,
  Boolean: true,
  JSON: { key: 'value' },
  DateTime: '2026-01-26T08:00:00Z',
};

/** For arguments whose name is more specific than their scalar. */
const examplesByName: Readonly<Record<string, string>> = {
  name: 'data/daily_report',
  path: 'data/daily_report',
  reason: 'No longer needed',
};

/** A value that shows what an input looks like; of input objects the members that must be there. */
function exampleValue(name: string, type: GraphQLInputType, above: readonly GraphQLInputType[] = []): unknown {
  if (isNonNullType(type)) return exampleValue(name, type.ofType as GraphQLInputType, above);
  // A type that leads back to itself ends with an empty list.
  if (isListType(type))
    return above.includes(type.ofType) ? [] : [exampleValue(name, type.ofType as GraphQLInputType, above)];
  if (isEnumType(type)) return type.getValues()[0]?.name;
  if (!isInputObjectType(type)) return examplesByScalar[type.name] ?? examplesByName[name] ?? 'text';
  const required = Object.values(type.getFields()).filter(isRequiredInputField);
  return Object.fromEntries(
    required.map((field) => [field.name, exampleValue(field.name, field.type, [...above, type])]),
  );
}
