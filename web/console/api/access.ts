import { useSession } from './me.ts';
import { useQuery } from './use-query.ts';

/** What a role gets of an operation; `grants` are positions in the report's list. */
export interface Cell {
  readonly kind: 'all' | 'none' | 'custom' | 'paths';
  readonly text: string;
  readonly grants: readonly number[];
}

/**
 * A grant of the policy. `except` takes patterns out of `patterns`; `source` is `file:line`, absent where it is not
 * known.
 */
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

/** The answer of `GET /console/api/access`, made by `core/access/access-report.ts`: who may call what. */
export interface AccessReport {
  readonly roles: readonly string[];
  readonly operations: readonly {
    readonly field: string;
    readonly root: string;
    /** `METHOD /path` of NoETL; absent: the gateway answers. */
    readonly upstream?: string;
    /** The access rule of the row, in words. */
    readonly rule: string;
    /** Why it is open although it must not be public. */
    readonly acceptRisk?: string;
    /** One for each of the report's `roles`, in that order. */
    readonly cells: readonly Cell[];
  }[];
  readonly grants: readonly ReportedGrant[];
  /** Catalog paths that no role can start or see, whatever the grants are. */
  readonly reserved: readonly string[];
  readonly warnings: readonly string[];
  /**
   * `local`: the grants decide. Any other checker decides by itself, or together with them where `combine` is `both`.
   */
  readonly checker: string;
  readonly combine: string;
  /** Absent: the grants are those of the config. */
  readonly policyFile?: PolicyFile;
}

/** In the order of the columns. The gateway accepts no other name (the protocol, Permissions Model). */
export const permissions = ['execute', 'view', 'edit', 'delete'] as const;

/** The answer of `POST /console/api/path`: which roles may do what with one path. */
export interface PathReport {
  readonly path: string;
  /** False: no pattern is tried on such a path, so no role may use it (ADR 0005). */
  readonly isNormal: boolean;
  readonly isReserved: boolean;
  readonly roles: readonly {
    readonly role: string;
    /** By permission; `grant` is the text of the one that decides, absent where no grant is about the path. */
    readonly permissions: Readonly<Record<string, { readonly allowed: boolean; readonly grant?: string }>>;
  }[];
}

/** The answer of `POST /console/api/explain`. */
export interface Explanation {
  readonly allowed: boolean;
  /** As `noetl-gateway explain` prints them; the first is the answer. */
  readonly lines: readonly string[];
  /** The grant that would allow it; absent when it is allowed, or when no grant can allow it. */
  readonly missing?: string;
  /** Of an execution that was asked about. */
  readonly path?: string;
  /** Those that were asked about, or that the user had at that time. */
  readonly roles?: readonly string[];
  /** ISO time of the audit line that the roles of a user are from; absent when roles were asked about. */
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
