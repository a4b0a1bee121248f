import { useSession } from './me.ts';
import { useQuery } from './use-query.ts';

/** What a role gets of an operation; `grants` are positions in the report's list. */
export interface Cell {
  readonly kind: 'all' | 'none' | 'custom' | 'paths';
  readonly text: string;
  readonly grants: readonly number[];
}

export interface ReportedGrant {
  readonly effect: 'allow' | 'deny';
  readonly role: string;
  readonly permissions: readonly string[];
  readonly patterns: readonly string[];
  readonly except?: readonly string[];
  readonly source?: string;
  readonly text: string;
}

/** The file that the grants come from; times in milliseconds. */
export interface PolicyFile {
  readonly file: string;
  readonly at: number;
  /** The file as it is now; the grants before it still count. */
  readonly refused?: { readonly at: number; readonly problems: readonly string[] };
}

export interface AccessReport {
  readonly roles: readonly string[];
  readonly operations: readonly {
    readonly field: string;
    readonly root: string;
    readonly upstream?: string;
    readonly rule: string;
    readonly acceptRisk?: string;
    readonly cells: readonly Cell[];
  }[];
  readonly grants: readonly ReportedGrant[];
  readonly reserved: readonly string[];
  readonly warnings: readonly string[];
  readonly checker: string;
  readonly combine: string;
  /** Absent: the grants are those of the config. */
  readonly policyFile?: PolicyFile;
}

export const permissions = ['execute', 'view', 'edit', 'delete'] as const;

export interface PathReport {
  readonly path: string;
  readonly isNormal: boolean;
  readonly isReserved: boolean;
  readonly roles: readonly {
    readonly role: string;
    readonly permissions: Readonly<Record<string, { readonly allowed: boolean; readonly grant?: string }>>;
  }[];
}

export interface Explanation {
  readonly allowed: boolean;
  readonly lines: readonly string[];
  readonly missing?: string;
  /** Of an execution that was asked about. */
  readonly path?: string;
  /** Those that were asked about, or that the user had at that time. */
  readonly roles?: readonly string[];
  readonly seenAt?: string;
}

/** The policy that counts now. */
export function useAccess() {
  const { gateway } = useSession();
  return useQuery<AccessReport>({
    key: ['access'],
    ask: (signal) => gateway.section('access', undefined, signal),
    everyMs: 10_000,
  });
}
