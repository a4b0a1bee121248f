import { type FieldDefinitionNode, Kind, type parse, type TypeNode } from 'graphql';
import type { CallPlan } from '../core/call-plan/call-plan.ts';
import { compileCallPlan } from '../core/call-plan/compile-call-plan.ts';
import { type AnyRow, isGatewayRow } from '../core/config/operation-row.ts';
import { protocolCalls } from '../core/protocol-field.ts';
import { rootTypeNames } from './client-schema.ts';

type Document = ReturnType<typeof parse>;
type Operations = Readonly<Record<string, AnyRow>>;

/** A root field as the access plugin needs to know it. */
export interface RootField {
  readonly root: 'query' | 'mutation';
  /** The name of its type, without lists and non-null marks. */
  readonly typeName: string;
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
    try {
      fields.set(field.name.value, rootFieldOf(field, root, operations));
    } catch (error) {
      problems.push(error instanceof Error ? error.message : String(error));
    }
  }
  return { fields, problems: [...problems, ...rowsWithoutField(document, operations)] };
}

function rootFieldNodes(document: Document): (readonly [RootField['root'], FieldDefinitionNode])[] {
  const names = rootTypeNames(document);
  return document.definitions.flatMap((definition) => {
    if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION) return [];
    const root = definition.name.value === names.query ? 'query' : 'mutation';
    return definition.name.value === names[root]
      ? (definition.fields ?? []).map((field) => [root, field] as const)
      : [];
  });
}

function rootFieldOf(field: FieldDefinitionNode, root: RootField['root'], operations: Operations): RootField {
  const name = field.name.value;
  const typeName = namedTypeOf(field.type);
  const row = Object.hasOwn(operations, name) ? operations[name] : undefined;
  if (row?.access === undefined) throw new TypeError(`${name}: in the schema, but no row of the config has its rule`);
  if (isGatewayRow(row)) return { root, typeName, row, plan: undefined };
  const { access } = row;
  const plan = compileCallPlan(field, {
    root,
    catalogPaths: access.kind === 'playbook' ? [access.argument] : [],
    executionIds: access.kind === 'execution' ? [access.argument] : [],
    // Clients of the earlier gateway send it; upstream has no such argument.
    unsent: startsPlaybook(row.upstream, typeName) ? ['clientId'] : [],
  });
  if (plan === undefined) throw new TypeError(`${name}: the schema does not say how to call it`);
  return { root, typeName, row, plan };
}

/**
 * Whether a call starts a playbook: NoETL's own path for it, or the protocol's answer from a path like it. Other
 * operations end in `/execute`, too, such as that of SQL.
 */
export function startsPlaybook(call: string, typeName: string): boolean {
  return (
    call === 'POST /api/execute' || (typeName === 'ExecuteResult' && protocolCalls.executePlaybook.upstream.test(call))
  );
}

function namedTypeOf(type: TypeNode): string {
  return type.kind === Kind.NAMED_TYPE ? type.name.value : namedTypeOf(type.type);
}

function rowsWithoutField(document: Document, operations: Operations): string[] {
  const names = new Set(rootFieldNodes(document).map(([, field]) => field.name.value));
  return Object.entries(operations).flatMap(([name, row]) => {
    // A row without a rule has been reported with its field.
    const optional = row.access?.kind === 'closed' || (!isGatewayRow(row) && row.whenPresent === true);
    return names.has(name) || optional ? [] : [`${name}: in the config, but not in the schema; run generate`];
  });
}
