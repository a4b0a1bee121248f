import { stringify } from 'yaml';
import type { CompiledGrants } from '../../plugins/noetl-auth/access/decision.ts';
import type { Grant } from '../../plugins/noetl-auth/access/grant.ts';
import { permissions } from '../../plugins/noetl-auth/access/grant.ts';
import {
  diffPolicies,
  type PastDecision,
  type PolicyChange,
  type ReplayedDecision,
  replayDecisions,
} from '../../plugins/noetl-auth/access/policy-diff.ts';
import { compilePolicy, readPolicy } from '../../plugins/noetl-auth/access/policy-file.ts';
import { type AccessReport, type ReportedRow, reportAccess } from './access-report.ts';

/** A larger draft is refused: comparing policies takes time that other requests wait for. */
export const maxDraftLength = 65_536;

/** The changes by a draft of the grants. The draft has no effect and is not kept. */
export interface TriedPolicy {
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
  readonly changes: readonly PolicyChange[];
  /** Cells of the matrix with another text. */
  readonly cells: readonly {
    readonly field: string;
    readonly role: string;
    readonly was: string;
    readonly is: string;
  }[];
  /** Of past decisions those that would come out differently, and how many were decided again. */
  readonly replayed: { readonly count: number; readonly changed: readonly ReplayedDecision[] };
  /** The draft, for more questions; undefined: it has problems. */
  readonly draft: CompiledGrants | undefined;
}

/** The grants in the form of a policy file, to be edited. */
export function policyText(grants: readonly Grant[]): string {
  const list = (texts: readonly string[]) => (texts.length === 1 ? texts[0] : texts);
  const rows = grants.map(({ role, effect, permissions: given, patterns, except }) => ({
    role,
    [effect]: permissions.every((one) => given.includes(one)) ? 'all' : given,
    patterns: list(patterns),
    ...(except !== undefined && { except: list(except) }),
  }));
  return stringify({ grants: rows }, { flowCollectionPadding: false });
}

/**
 * @param text a policy file, see {@link readPolicy}
 * @param past decisions that are decided again
 */
export function tryPolicy(
  text: string,
  current: CompiledGrants,
  roles: readonly string[],
  operations: ReadonlyMap<string, ReportedRow>,
  past: readonly PastDecision[] = [],
): TriedPolicy {
  const read = readPolicy(text, 'draft', roles);
  if (read.problems.length > 0) return { ...nothing, problems: read.problems };
  const draft = compilePolicy(read, current.reserved);
  const rules = new Map([...operations].map(([field, { row }]) => [field, row.access] as const));
  return {
    problems: [],
    warnings: read.warnings,
    changes: diffPolicies(current, draft, roles),
    cells: changedCells(reportAccess(current, roles, operations), reportAccess(draft, roles, operations)),
    replayed: { count: past.length, changed: replayDecisions(past, draft, rules) },
    draft,
  };
}

const nothing: TriedPolicy = {
  ...{ problems: [], warnings: [], changes: [], cells: [] },
  replayed: { count: 0, changed: [] },
  draft: undefined,
};

function changedCells(before: AccessReport, after: AccessReport): TriedPolicy['cells'] {
  return before.operations.flatMap(({ field, cells }, row) =>
    before.roles.flatMap((role, column) => {
      const was = cells[column]?.text ?? '';
      const is = after.operations[row]?.cells[column]?.text ?? '';
      return was === is ? [] : [{ field, role, was, is }];
    }),
  );
}
