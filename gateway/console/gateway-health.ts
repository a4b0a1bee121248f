import type { DependencyState } from '../observe/dependencies.ts';

/** Calls of the last minutes. Times are upper bounds in seconds; null without a call, or above the largest bound. */
export interface RecentCalls {
  readonly calls: number;
  readonly errors: number;
  readonly p50: number | null;
  readonly p99: number | null;
  /** The same of each minute, oldest first. */
  readonly perMinute: {
    readonly calls: readonly number[];
    readonly errors: readonly number[];
    readonly p50: readonly (number | null)[];
    readonly p99: readonly (number | null)[];
  };
}

/** One root field in the last minutes. */
export interface RecentField extends RecentCalls {
  readonly field: string;
}

/** Calls and errors of the last `minutes`. */
export interface RecentReport {
  readonly minutes: number;
  /** All root fields together. */
  readonly total: RecentCalls;
  readonly fields: readonly RecentField[];
  /** Errors and refusals by name, most frequent first. */
  readonly codes: readonly { readonly code: string; readonly count: number }[];
  readonly limits: readonly { readonly limit: string; readonly count: number }[];
}

/**
 * What a replica reports of itself; times in milliseconds since 1970. It is read by replicas of other versions, so a member is
 * added and never changed in meaning.
 */
export interface ReplicaReport {
  /** The host. */
  readonly replica: string;
  readonly version: string;
  readonly at: number;
  readonly ready: boolean;
  /** Checks, dependencies and circuit breakers that fail, by name. */
  readonly failing: readonly string[];
  readonly uptimeSecs: number;
  /** Bytes that the process has in memory. */
  readonly rss: number;
  /** Of the container; absent: the container has no limit. */
  readonly memoryLimit?: number;
  /** In the last quarter of an hour. */
  readonly calls: number;
  readonly errors: number;
  /** Seconds, an upper bound; null without a call, or above the largest bucket. */
  readonly p99: number | null;
}

/** The answer of `/ready`. */
export interface ReadinessReport {
  readonly ready: boolean;
  /** The checks of `/ready`, by name. */
  readonly checks: Readonly<Record<string, 'ok' | 'failing'>>;
  /** Notes that stop nothing, by check. */
  readonly notes: Readonly<Record<string, string>>;
}

/** The file that the grants come from; times in milliseconds. */
export interface PolicyFileState {
  /** Without its folder. */
  readonly file: string;
  /** When the grants of now were read. */
  readonly at: number;
  /** The file as it is now is refused; the grants before it still count. */
  readonly refused?: { readonly at: number; readonly problems: readonly string[] };
}

/** Of NoETL's live document against the pulled one. `unknown`: NoETL does not publish its document, or does not answer. */
export type DriftState = 'same' | 'differs' | 'unknown';

/** The state of the replica that answers, and the report that every replica that shares the store reports of itself. */
export interface GatewayHealth extends ReadinessReport {
  readonly dependencies: readonly DependencyState[];
  /** `class route` of every circuit breaker that is not closed. */
  readonly openBreakers: readonly string[];
  /** Absent: the grants are those of the config. */
  readonly policyFile?: PolicyFileState | undefined;
  readonly drift: DriftState;
  readonly recent: RecentReport;
  /** `replica` is the name in this process's own report. */
  readonly process: { readonly version: string; readonly node: string; readonly replica: string };
  /** Undefined: the store that replicas share does not answer. */
  readonly replicas?: readonly ReplicaReport[] | undefined;
  /** `memory`, `redis`, `nats` or `custom`. */
  readonly sessions: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}
