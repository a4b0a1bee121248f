import {
  type ConstDirectiveNode,
  type ConstValueNode,
  type FieldDefinitionNode,
  Kind,
  valueFromASTUntyped,
} from 'graphql';
import type { ArgumentBounds } from '../../plugins/argument-bounds.ts';
import { answerForms, type WireStyle, wireStyles } from '../../plugins/operation.ts';
import { gatewayArguments, isOperationKind, isProtocolStart, type StartMembers } from '../../plugins/operation-kind.ts';
import type { UpstreamCall } from '../../plugins/ports.ts';
import type { CallPlan, ValueSource } from './call-plan.ts';

/** A piece of a path template: literal text, or the argument in its place. */
export type TemplatePiece = { readonly text: string } | { readonly argument: string };

const placeholder = /\{args\.(\w+)\}/;
const wholePlaceholder = /^\{args\.(\w+)\}$/;

/**
 * Splits `/api/executions/{args.id}/cancel` at its placeholders.
 * @throws TypeError for braces that are no `{args.name}`.
 */
function parseTemplate(template: string): readonly TemplatePiece[] {
  const pieces = template
    .split(placeholder)
    .map((part, index) => (index % 2 === 0 ? { text: part } : { argument: part }));
  for (const piece of pieces) {
    if ('text' in piece && /[{}]/.test(piece.text)) throw new TypeError(`unknown template: ${template}`);
  }
  return pieces.filter((piece) => 'argument' in piece || piece.text !== '');
}

/**
 * Reads a body or query value: `{args.name}` as a whole is the argument, text without placeholders is itself.
 * @throws TypeError when a placeholder is only a part of the text.
 */
function parseValueTemplate(text: string): { readonly argument: string } | { readonly constant: string } {
  const argument = wholePlaceholder.exec(text)?.[1];
  if (argument !== undefined) return { argument };
  if (text.includes('{args.') || text.includes('{env.') || text.includes('{context.')) {
    throw new TypeError(`unknown template: ${text}`);
  }
  return { constant: text };
}

/** Inputs of a plan that are not in the schema's call instructions. */
interface PlanOptions {
  readonly root: 'query' | 'mutation';
}

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;
/** Arguments of `@httpOperation` that change nothing of the request that we send. */
const silent = new Set(['subgraph', 'operationSpecificHeaders', 'queryStringOptions']);
const known = new Set([
  ...['path', 'httpMethod', 'queryParamArgMap', 'queryStringOptionsByParam', 'requestBaseBody'],
  ...silent,
]);

/**
 * Compiles a root field's `@httpOperation` and `@noetl`.
 * @returns undefined when the field has no such directive.
 * @throws TypeError naming the field, for an unknown directive, argument or value: a call that is not understood is not sent.
 */
export function compileCallPlan(field: FieldDefinitionNode, options: PlanOptions): CallPlan | undefined {
  const directive = field.directives?.find((candidate) => candidate.name.value === 'httpOperation');
  if (directive === undefined) return undefined;
  try {
    return compile(field, argumentsOf(directive), meaningOf(field), options);
  } catch (error) {
    const why = error instanceof Error ? error.message : 'not understood';
    throw new TypeError(`${field.name.value}: ${why}`, { cause: error });
  }
}

function compile(
  field: FieldDefinitionNode,
  http: ReadonlyMap<string, unknown>,
  meaning: Meaning,
  options: PlanOptions,
): CallPlan {
  for (const [name, value] of http) {
    // In a directive, null and false mean that the instruction is not given.
    if (!known.has(name) && value !== null && value !== false) throw new TypeError(`unknown instruction ${name}`);
  }
  const template = textOf(http.get('path'), 'path');
  const [pathTemplate = '', queryTemplate, ...rest] = template.split('?');
  if (!pathTemplate.startsWith('/') || rest.length > 0 || template.includes('#')) throw new TypeError('unknown path');
  const path = parseTemplate(pathTemplate);
  const method = methodOf(http.get('httpMethod'));
  const body = http.get('requestBaseBody');
  const { nulls, ...marks } = meaning;
  const plan: CallPlan = {
    field: field.name.value,
    ...marks,
    method,
    route: pathTemplate,
    path,
    query: [
      ...literalQuery(queryTemplate),
      ...mappedQuery(http.get('queryParamArgMap'), stylesOf(http.get('queryStringOptionsByParam'))),
    ],
    body: withNulls(bodyOf(body, method), nulls),
    // A POST that only reads is a query of the table.
    idempotent: method === 'GET' || options.root === 'query',
    argumentNames: new Set(
      field.arguments?.map((argument) => argument.name.value).filter((name) => !meaning.formerArguments.has(name)),
    ),
  };
  assertArguments(plan, new Set(Object.keys(gatewayArguments[meaning.kind] ?? {})));
  return plan;
}

/** The directive's arguments as plain values, whether the directive is declared or not. */
function argumentsOf(directive: ConstDirectiveNode): ReadonlyMap<string, unknown> {
  const entries = (directive.arguments ?? []).map(({ name, value }) => [name.value, plain(value)] as const);
  return new Map(entries);
}

function plain(value: ConstValueNode): unknown {
  return value.kind === Kind.ENUM ? value.value : valueFromASTUntyped(value);
}

type Meaning = Pick<
  CallPlan,
  'kind' | 'start' | 'catalogPaths' | 'executionIds' | 'answer' | 'formerArguments' | 'bounds'
> & {
  /** Members of the body that are null when their argument is absent. */
  readonly nulls: readonly string[];
};

/** The meaning of a field by its `@noetl`. @throws TypeError when the directive is missing, or has an unknown value */
function meaningOf(field: FieldDefinitionNode): Meaning {
  const directive = field.directives?.find((candidate) => candidate.name.value === 'noetl');
  if (directive === undefined) throw new TypeError('the schema has no @noetl on it; run generate');
  const given = argumentsOf(directive);
  const kind = given.get('kind');
  if (!isOperationKind(kind)) throw new TypeError('unknown kind of operation');
  const names = field.arguments?.map((argument) => argument.name.value) ?? [];
  const catalogPaths = namesOf(given.get('catalogPaths'), names);
  const executionIds = namesOf(given.get('executionIds'), names);
  const nulls = (given.get('nulls') ?? []) as readonly string[];
  const start = isProtocolStart(kind) ? startOf(given) : undefined;
  const formerArguments = formerOf(given.get('formerArguments'), names);
  return {
    kind,
    catalogPaths,
    executionIds,
    start,
    answer: oneOf(answerForms, given.get('answer')),
    nulls,
    formerArguments,
    bounds: boundsOf(given.get('bounds'), names),
  };
}

/** Bounds by argument. What NoETL refuses beyond a keyword that is unknown here, it refuses itself. */
function boundsOf(given: unknown, names: readonly string[]): CallPlan['bounds'] {
  const entries = entriesOf(given);
  for (const [name] of entries) if (!names.includes(name)) throw new TypeError(`no argument ${name}`);
  return new Map(entries as [string, ArgumentBounds][]);
}

/** `old:new` pairs, both arguments of the field. */
function formerOf(given: unknown, names: readonly string[]): ReadonlyMap<string, string> {
  const pairs = ((given ?? []) as readonly string[]).map((pair) => pair.split(':', 2) as [string, string]);
  for (const name of pairs.flat()) if (!names.includes(name)) throw new TypeError(`no argument ${name}`);
  return new Map(pairs);
}

/** @returns undefined for an absent value. @throws TypeError for an unknown word */
function oneOf<W extends string>(words: readonly W[], given: unknown): W | undefined {
  const word = words.find((one) => one === given);
  if (word === undefined && given !== undefined && given !== null) throw new TypeError(`unknown word ${String(given)}`);
  return word;
}

function namesOf(value: unknown, known: readonly string[]): ReadonlySet<string> {
  const names = value ?? [];
  if (!Array.isArray(names)) throw new TypeError('the value of a list of arguments is not a list');
  for (const name of names) if (!known.includes(name)) throw new TypeError(`no argument ${name}`);
  return new Set(names);
}

const startOf = (given: ReadonlyMap<string, unknown>): StartMembers => ({
  playbook: textOf(given.get('playbook'), 'playbook'),
  workload: textOf(given.get('workload'), 'workload'),
  execution: textOf(given.get('execution'), 'execution'),
});

/** The query of the path itself. */
function literalQuery(text: string | undefined): CallPlan['query'] {
  return [...new URLSearchParams(text ?? '')].map(([wire, value]) => [wire, parseValueTemplate(value)] as const);
}

function mappedQuery(map: unknown, styles: ReadonlyMap<string, WireStyle>): CallPlan['query'] {
  return entriesOf(map).map(([wire, argument]) => {
    const source = { argument: textOf(argument, 'queryParamArgMap') };
    const style = styles.get(wire);
    return style === undefined ? ([wire, source] as const) : ([wire, source, style] as const);
  });
}

function stylesOf(map: unknown): ReadonlyMap<string, WireStyle> {
  const styles = new Map<string, WireStyle>();
  for (const [wire, options] of entriesOf(map)) {
    const style = oneOf(wireStyles, new Map(entriesOf(options)).get('style'));
    if (style !== undefined) styles.set(wire, style);
  }
  return styles;
}

/** Members that NoETL wants as null where the caller gives nothing; all others are left out then. */
function withNulls(body: ValueSource | undefined, nulls: readonly string[]): ValueSource | undefined {
  if (body === undefined || nulls.length === 0 || !('members' in body)) return body;
  return {
    members: body.members.map(([wire, source]) =>
      nulls.includes(wire) && 'argument' in source
        ? ([wire, { ...source, orNull: true }] as const)
        : ([wire, source] as const),
    ),
  };
}

function bodyOf(body: unknown, method: UpstreamCall['method']): ValueSource | undefined {
  if (body === undefined || body === null) return undefined;
  // RFC 9110, section 9.3.1: a body of a GET has no meaning, and servers may refuse it.
  if (method === 'GET') throw new TypeError('a GET with a body');
  const parsed = typeof body === 'string' && !body.startsWith('{args.') ? JSON.parse(body) : body;
  return sourceOf(parsed);
}

function sourceOf(value: unknown): ValueSource {
  if (typeof value === 'string') return parseValueTemplate(value);
  if (typeof value !== 'object' || value === null) return { constant: value };
  if (Array.isArray(value)) {
    if (value.some((item) => typeof item === 'object' || (typeof item === 'string' && item.includes('{args.')))) {
      // Mesh does not put arguments there, so it would be sent as text.
      throw new TypeError('a template inside a list');
    }
    return { constant: value };
  }
  return { members: Object.entries(value).map(([wire, member]) => [wire, sourceOf(member)] as const) };
}

function entriesOf(map: unknown): [string, unknown][] {
  if (map === undefined || map === null) return [];
  const value: unknown = typeof map === 'string' ? JSON.parse(map) : map;
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new TypeError('the value of a map is not an object');
  return Object.entries(value);
}

function methodOf(value: unknown): UpstreamCall['method'] {
  const method = methods.find((candidate) => candidate === value);
  if (method === undefined) throw new TypeError('unknown method');
  return method;
}

function textOf(value: unknown, what: string): string {
  if (typeof value !== 'string') throw new TypeError(`${what} is not a text`);
  return value;
}

/** Every placeholder names an argument, and every argument is used: neither is dropped in silence. */
function assertArguments(plan: CallPlan, unsent: ReadonlySet<string>): void {
  const used = new Set<string>([...argumentsIn(plan)]);
  for (const name of used) if (!plan.argumentNames.has(name)) throw new TypeError(`no argument ${name}`);
  for (const name of plan.argumentNames) {
    if (!used.has(name) && !unsent.has(name)) throw new TypeError(`the argument ${name} is not sent`);
  }
}

function argumentsIn(plan: CallPlan): string[] {
  const inPath = plan.path.flatMap((piece) => ('argument' in piece ? [piece.argument] : []));
  const inQuery = plan.query.flatMap(([, source]) => argumentsOfSource(source));
  return [...inPath, ...inQuery, ...(plan.body === undefined ? [] : argumentsOfSource(plan.body))];
}

function argumentsOfSource(source: ValueSource): string[] {
  if ('argument' in source) return [source.argument];
  return 'members' in source ? source.members.flatMap(([, member]) => argumentsOfSource(member)) : [];
}
