import { type FieldDefinitionNode, Kind, type parse } from 'graphql';
import type { AccessRule } from '../../plugins/noetl-auth/access/access-rule.ts';
import { weakExecutionRule } from '../../plugins/noetl-auth/access/weak-rules.ts';
import { type AnyRow, isGatewayRow } from '../config/gateway-config.ts';
import type { CallPlan } from './call-plan/call-plan.ts';
import { compileCallPlan } from './call-plan/compile-call-plan.ts';
import { rootTypeNames } from './client-schema.ts';

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
