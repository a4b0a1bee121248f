import { useSession } from './me.ts';
import { useQuery } from './use-query.ts';

/** A case of the project's file, as it was decided. */
export interface DecidedCase {
  /** `file:line`. */
  readonly source: string;
  readonly roles: readonly string[];
  /** A case asks for a permission or for a field, whose access rule names the permission. */
  readonly permission?: string;
  readonly field?: string;
  readonly playbook?: string;
  readonly expect: 'allowed' | 'denied';
  readonly passed: boolean;
  /** The decision and its reason. */
  readonly text: string;
}

/** Cases that were decided by the grants of now, or by those that are tried. */
export interface DecidedCases {
  readonly file: string;
  /** Absent: the project has no file of cases. */
  readonly text?: string;
  /** Why the file was not decided; `results` is empty then. */
  readonly problems: readonly string[];
  readonly results: readonly DecidedCase[];
}

/** A past decision that would come out differently. */
export interface Replayed {
  /** When it was taken. */
  readonly source: string;
  readonly field: string;
  readonly roles: readonly string[];
  readonly permission: string;
  readonly path: string;
  readonly was: string;
  readonly is: string;
}

/** `count` decisions were taken again, each with the roles that the user had then; `changed` came out differently. */
export interface Replay {
  readonly count: number;
  readonly changed: readonly Replayed[];
}

/** What `policy lint` reports. */
export interface Findings {
  readonly findings: readonly string[];
  /** What the allowed decisions among the audit lines did not need. */
  readonly unused: readonly string[];
  /** How many allowed decisions `unused` is compared with. */
  readonly decisions: number;
}

/** What a draft of the grants would change. With `problems` nothing was compared. */
export interface Tried {
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
  /** Decisions that change, as patterns of paths. */
  readonly changes: readonly {
    readonly kind: 'opens' | 'closes';
    readonly role: string;
    readonly permission: string;
    readonly pattern: string;
  }[];
  /** Cells of the matrix of roles and operations whose words change. */
  readonly cells: readonly {
    readonly field: string;
    readonly role: string;
    readonly was: string;
    readonly is: string;
  }[];
  readonly replayed: Replay;
  /** The project's cases, decided by the grants that are tried. */
  readonly cases?: DecidedCases;
}

/** What the gateway answers about its policy, asked once for each look at the view. */
export function usePolicy<T>(section: 'cases' | 'lint' | 'replay' | 'draft') {
  const { gateway } = useSession();
  return useQuery<T>({ key: ['policy', section], ask: (signal) => gateway.section(section, undefined, signal) });
}

/**
 * The answer about a text that was written in the page; nothing is asked while it is undefined. The text is part of the
 * key, so the same text is not sent again.
 */
export function useTried<T>(section: 'cases' | 'try', text: string | undefined) {
  const { gateway } = useSession();
  return useQuery<T>({
    key: ['policy', section, text],
    ask: (signal) => gateway.section(section, { text }, signal),
    enabled: text !== undefined,
  });
}
