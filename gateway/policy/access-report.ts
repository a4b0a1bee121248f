import { checkGrants } from '../../plugins/noetl-auth/access/check-grants.ts';
import type { CompiledGrants } from '../../plugins/noetl-auth/access/decision.ts';
import { type ExplainedOperation, explainTable, type RoleAccess } from '../../plugins/noetl-auth/access/explain.ts';
import { accessText, grantText, ruleText } from '../../plugins/noetl-auth/access/explain-text.ts';
import type { Grant } from '../../plugins/noetl-auth/access/grant.ts';
import { type AnyRow, isGatewayRow } from '../config/gateway-config.ts';

/** The access of a role to an operation, in the words of `explain`, and the grants that give and take it. */
export interface ReportedCell {
  readonly kind: RoleAccess['kind'];
  readonly text: string;
  /** Positions in `grants` of the report. */
  readonly grants: readonly number[];
}

/** An open operation, and what each role gets of it. */
export interface ReportedOperation {
  readonly field: string;
  readonly root: 'query' | 'mutation' | 'subscription';
  /** `METHOD /path` of NoETL; absent: the gateway answers. */
  readonly upstream?: string;
  /** The access rule of the row, in words. */
  readonly rule: string;
  /** Why it is open at a risk. */
  readonly acceptRisk?: string;
  /** In the order of the report's roles. */
  readonly cells: readonly ReportedCell[];
}

/** A grant with its words, as `explain` prints it. */
export interface ReportedGrant extends Grant {
  readonly text: string;
}

/** Who may call what, as data: the content of the policy page and of `explain --table`. */
export interface AccessReport {
  readonly roles: readonly string[];
  readonly operations: readonly ReportedOperation[];
  readonly grants: readonly ReportedGrant[];
  /** Catalog paths that no user may start or see. */
  readonly reserved: readonly string[];
  /** Findings in the grants, one line each. */
  readonly warnings: readonly string[];
}

/** @param operations rows of the config by field, those that the schema has */
export function reportAccess(
  compiled: CompiledGrants,
  roles: readonly string[],
  operations: ReadonlyMap<string, ReportedRow>,
): AccessReport {
  const asked = [...operations].map(
    ([field, { root, row }]): ExplainedOperation => ({ field, root, access: row.access }),
  );
  const { rows } = explainTable(compiled, roles, asked);
  return {
    roles,
    operations: rows.map(({ operation, byRole }) => ({
      field: operation.field,
      root: operation.root,
      rule: ruleText(operation.access),
      ...sourceOf(operations.get(operation.field)?.row),
      cells: roles.map((role) => cellOf(byRole.get(role) ?? { kind: 'none' }, compiled.grants)),
    })),
    grants: compiled.grants.map((grant) => ({ ...grant, text: grantText(grant) })),
    reserved: [...compiled.reserved].sort(),
    warnings: checkGrants(compiled.grants, roles).warnings,
  };
}

/** A row and the type of its root field. */
export interface ReportedRow {
  readonly root: 'query' | 'mutation' | 'subscription';
  readonly row: AnyRow;
}

function sourceOf(row: AnyRow | undefined): Pick<ReportedOperation, 'upstream' | 'acceptRisk'> {
  if (row === undefined) return {};
  return {
    ...(!isGatewayRow(row) && { upstream: row.upstream }),
    ...(row.acceptRisk !== undefined && { acceptRisk: row.acceptRisk }),
  };
}

function cellOf(access: RoleAccess, grants: readonly Grant[]): ReportedCell {
  const deciding = access.kind === 'paths' ? [...access.allow, ...access.deny] : [];
  return { kind: access.kind, text: accessText(access), grants: deciding.map((grant) => grants.indexOf(grant)) };
}
