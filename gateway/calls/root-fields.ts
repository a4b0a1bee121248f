import { type DocumentNode, type FieldDefinitionNode, Kind, type OperationTypeNode, type parse } from 'graphql';
import type { CallContext } from '../../plugins/call-context.ts';
import { GatewayError } from '../../plugins/errors.ts';
import type { Mutable } from '../../plugins/mutable.ts';
import type { AccessRule } from '../../plugins/noetl-auth/access/access-rule.ts';
import type { OpenDecision } from '../../plugins/noetl-auth/access/standing-decision.ts';
import { weakExecutionRule } from '../../plugins/noetl-auth/access/weak-rules.ts';
import type { FieldRule } from '../../plugins/noetl-auth/decide-call.ts';
import type { CallUser, UpstreamCall } from '../../plugins/ports.ts';
import { type AnyRow, type AnyUpstreamRow, isGatewayRow } from '../config/gateway-config.ts';
import type { CallPlan } from './call-plan.ts';
import { compileCallPlan } from './compile-call-plan.ts';

type Document = ReturnType<typeof parse>;
type Operations = Readonly<Record<string, AnyRow>>;

/** A root field as the access plugin needs to know it. */
export interface RootField {
  readonly root: 'query' | 'mutation' | 'subscription';
  readonly row: AnyRow;
  /** Undefined for fields that the gateway answers itself. */
  readonly plan: CallPlan | undefined;
}

/**
 * Pairs every root field of the generated schema with its row and its call plan.
 * @returns also every field that has no plan or no rule, and every row that has no field, one line each
 */
export function pairRootFields(
  document: Document,
  operations: Operations,
): { readonly fields: ReadonlyMap<string, RootField>; readonly problems: readonly string[] } {
  const fields = new Map<string, RootField>();
  const problems: string[] = [];
  for (const [root, field] of rootFieldNodes(document)) {
    // All problems of a config are reported together: a start that fails is slow to repeat.
    try {
      fields.set(field.name.value, rootFieldOf(field, root, operations));
    } catch (error) {
      problems.push(error instanceof Error ? error.message : String(error));
    }
  }
  return { fields, problems: [...problems, ...rowsWithoutField(document, operations)] };
}

/** The call plans of the fields that NoETL answers. */
export const plansOf = (fields: ReadonlyMap<string, RootField>): readonly CallPlan[] =>
  [...fields.values()].flatMap(({ plan }) => plan ?? []);

/** Every root field, with the root that it is in. */
export function rootFieldNodes(document: Document): (readonly [RootField['root'], FieldDefinitionNode])[] {
  const names = rootTypeNames(document);
  return document.definitions.flatMap((definition) => {
    if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION) return [];
    const root = (['query', 'mutation', 'subscription'] as const).find((one) => names[one] === definition.name.value);
    return root === undefined ? [] : (definition.fields ?? []).map((field) => [root, field] as const);
  });
}

function rootFieldOf(field: FieldDefinitionNode, root: RootField['root'], operations: Operations): RootField {
  const name = field.name.value;
  // A field may be named `constructor`: members that every object inherits are not rows.
  const row = Object.hasOwn(operations, name) ? operations[name] : undefined;
  // The rule that closes by default (ADR 0003): a field of the schema without a rule stops the start.
  if (row?.access === undefined) throw new TypeError(`${name}: in the schema, but no row of the config has its rule`);
  if (isGatewayRow(row)) {
    if ('argument' in row.access) assertArgument(name, row.access.argument, field);
    assertExecutionRule(name, row);
    return { root, row, plan: undefined };
  }
  const plan = root === 'subscription' ? undefined : compileCallPlan(field, { root });
  if (plan === undefined) throw new TypeError(`${name}: the schema has no call for it`);
  assertRule(name, row.access, plan);
  assertFixedPlaybook(name, row.access, plan);
  assertExecutionRule(name, row, plan);
  return { root, row, plan };
}

function assertArgument(name: string, argument: string, field: FieldDefinitionNode): void {
  const known = field.arguments?.map((one) => one.name.value) ?? [];
  if (!known.includes(argument)) {
    throw new TypeError(`operations.${name}.access: the field has no argument ${argument}; it has ${known.join(', ')}`);
  }
}

/** A rule of the config may have changed since `generate` has checked it. */
function assertExecutionRule(name: string, row: AnyRow, plan?: CallPlan): void {
  const problem = weakExecutionRule({
    kind: plan?.kind ?? 'gateway',
    access: row.access,
    executionIds: [...(plan?.executionIds ?? [])],
    watch: 'watch' in row ? row.watch : undefined,
    acceptRisk: row.acceptRisk,
  });
  if (problem !== undefined) throw new TypeError(`operations.${name}.access: ${problem}`);
}

/** The schema knows the argument that the rule is on as what the rule takes it for. */
function assertRule(name: string, access: AccessRule, { catalogPaths, executionIds }: CallPlan): void {
  if (access.kind !== 'playbook' && access.kind !== 'execution') return;
  const known = access.kind === 'playbook' ? catalogPaths : executionIds;
  if (known.has(access.argument)) return;
  const what = access.kind === 'playbook' ? 'a catalog path' : 'the id of an execution';
  throw new TypeError(`${name}: the schema does not know the argument ${access.argument} as ${what}; run generate`);
}

/** The playbook that the schema starts is the one that the rule is on: the config may have changed since `generate`. */
function assertFixedPlaybook(name: string, access: AccessRule, { body, start }: CallPlan): void {
  if (access.kind !== 'path') return;
  const members = body !== undefined && 'members' in body ? body.members : [];
  const source = members.find(([wire]) => wire === start?.playbook)?.[1];
  if (source !== undefined && 'constant' in source && source.constant === access.path) return;
  throw new TypeError(`${name}: the schema does not start ${access.path}; run generate`);
}

/**
 * Rows that no field answers to, except those that may be without one: closed ones, and `optional` for releases that
 * lack the operation.
 */
function rowsWithoutField(document: Document, operations: Operations): string[] {
  const names = new Set(rootFieldNodes(document).map(([, field]) => field.name.value));
  return Object.entries(operations).flatMap(([name, row]) => {
    // A row without a rule has been reported with its field.
    const optional = row.access?.kind === 'closed' || (!isGatewayRow(row) && row.optional === true);
    return names.has(name) || optional ? [] : [`${name}: in the config, but not in the schema; run generate`];
  });
}

/** Everything that answers a root field: what was decided, and for whom. */
export interface RootCall {
  readonly root: 'query' | 'mutation' | 'subscription';
  readonly decision: OpenDecision;
  readonly context: CallContext;
  /** Called by what starts a playbook as soon as NoETL has named the execution. */
  readonly started?: (executionId: string) => void;
}

/** Answers a root field. Its arguments are the decision's. */
export type RootAnswer = (call: RootCall) => Promise<unknown>;

const routes = new WeakMap<AnyUpstreamRow, string>();

/** The path of a row's operation, as NoETL's document has it: one text for each row, whose hash is known. */
export function routeOf(row: AnyUpstreamRow): string {
  const route = routes.get(row) ?? row.upstream.slice(row.upstream.indexOf(' ') + 1);
  routes.set(row, route);
  return route;
}

/**
 * Completes the call of a plan by the bounds that its row sets, and by what it carries of its request. After every decision:
 * a header of the caller must not stop one that is to be reported.
 * @param call changed
 * @throws ERR_REQUEST_INVALID for a forwarded header that is too long or not ASCII
 */
export function bound(call: Mutable<UpstreamCall>, row: AnyUpstreamRow, context: CallContext): Mutable<UpstreamCall> {
  call.requestId = context.requestId;
  call.user = context.caller.session.user;
  // As NoETL's document names it: one name for one route, wherever the call is made.
  call.route = routeOf(row);
  if (row.timeoutMs !== undefined) call.timeoutMs = row.timeoutMs;
  if (row.maxResponseBytes !== undefined) call.maxResponseBytes = row.maxResponseBytes;
  if (row.headers !== undefined) call.headers = headersOf(row.headers, context);
  return call;
}

/** Of a header's value, characters. */
const maxForwardedLength = 4_096;

/** What a row sends beside the usual headers, in lower case. A header that the caller does not have is left out. */
function headersOf(
  headers: NonNullable<AnyUpstreamRow['headers']>,
  context: CallContext,
): Readonly<Record<string, string>> {
  const sent: Record<string, string> = {};
  for (const [name, source] of Object.entries(headers)) {
    const value = typeof source === 'string' ? source : 'forward' in source ? context.header?.(name) : undefined;
    if (value === undefined) continue;
    // Line breaks would end the header and begin another one (RFC 9110, section 5.5).
    if (value.length > maxForwardedLength || !/^[\t\x20-\x7e]*$/.test(value)) {
      throw new GatewayError(
        'ERR_REQUEST_INVALID',
        `the header ${name} is too long, or has characters that are not ASCII`,
      );
    }
    sent[name.toLowerCase()] = value;
  }
  return sent;
}

/**
 * The same for reads of executions: the row's limit of time in milliseconds, and for whom they are made, since the
 * calls of a user have limits together.
 */
export function askingOf(row: AnyUpstreamRow, context: CallContext): Asking {
  const { requestId } = context;
  const { user } = context.caller.session;
  return row.timeoutMs === undefined ? { requestId, user } : { requestId, user, timeoutMs: row.timeoutMs };
}

/** The parts of a root field from which its rule is made. */
export type RuledField = Pick<RootField, 'root' | 'row'> & {
  readonly plan: (Pick<CallPlan, 'catalogPaths'> & Partial<Pick<CallPlan, 'formerArguments'>>) | undefined;
};

/** The access rule of every root field, for the plugin that decides. */
export function fieldRules(rootFields: ReadonlyMap<string, RuledField>): ReadonlyMap<string, FieldRule> {
  return new Map(
    [...rootFields].map(([name, { root, row, plan }]) => [
      name,
      {
        root,
        access: row.access,
        allowTemplates: row.allowTemplates === true,
        pathArguments: [...(plan?.catalogPaths ?? [])],
        // Absent where there are no former names: then arguments need no look for them.
        ...(plan?.formerArguments === undefined || plan.formerArguments.size === 0
          ? {}
          : { formerArguments: plan.formerArguments }),
      },
    ]),
  );
}

/** Who asks; passed on to the upstream call. */
export interface Asking {
  readonly requestId?: string;
  readonly user?: CallUser;
  readonly timeoutMs?: number;
}

/**
 * The names of the root types of a document. The GraphQL defaults, unless the document has a `schema` definition
 * (GraphQL specification, Root Operation Types).
 */
export function rootTypeNames(document: DocumentNode): Readonly<Record<OperationTypeNode, string>> {
  const names: Record<OperationTypeNode, string> = {
    query: 'Query',
    mutation: 'Mutation',
    subscription: 'Subscription',
  };
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.SCHEMA_DEFINITION) continue;
    for (const { operation, type } of definition.operationTypes) names[operation] = type.name.value;
  }
  return names;
}
