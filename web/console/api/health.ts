import type { PolicyFile } from './access.ts';
import { useSession } from './me.ts';
import { useQuery } from './use-query.ts';

/** The answer of `GET /console/api/health`, of the replica that answers. Times in milliseconds since 1970. */
export interface Health {
  readonly ready: boolean;
  /** The checks of `/ready`, by name. */
  readonly checks: Readonly<Record<string, 'ok' | 'failing'>>;
  /** What is worth knowing and stops nothing, by check. */
  readonly notes: Readonly<Record<string, string>>;
  /**
   * What the gateway needs. `of` is which one of that name: a class of calls, an issuer or a playbook of the config.
   * `failingSinceMs` is set while `isUp` is false.
   */
  readonly dependencies: readonly {
    readonly name: string;
    readonly of: string;
    readonly isUp: boolean;
    readonly failingSinceMs?: number;
  }[];
  /** `class route` of every circuit breaker that is not closed. */
  readonly openBreakers: readonly string[];
  readonly policyFile?: PolicyFile;
  /** Of NoETL's live document against the pulled one. */
  readonly drift: 'unknown' | 'same' | 'differs';
  /** Counts of the last `minutes`; with several workers, of those that have answered. */
  readonly recent: {
    readonly minutes: number;
    readonly total: Numbers;
    readonly fields: readonly RecentField[];
    readonly codes: readonly { readonly code: string; readonly count: number }[];
    readonly limits: readonly { readonly limit: string; readonly count: number }[];
  };
  readonly process: { readonly version: string; readonly node: string; readonly replica: string };
  /** Undefined: the store that replicas share does not answer. */
  readonly replicas?: readonly Replica[];
  /** `memory`, `redis` or `nats`. */
  readonly sessions: string;
  readonly at: number;
}

/** What a replica reports of itself; times in milliseconds, memory in bytes. */
export interface Replica {
  readonly replica: string;
  readonly version: string;
  readonly at: number;
  readonly ready: boolean;
  readonly failing: readonly string[];
  readonly uptimeSecs: number;
  readonly rss: number;
  readonly memoryLimit?: number;
  readonly calls: number;
  readonly errors: number;
  readonly p99: number | null;
}

/** Calls of the last minutes. Times are upper bounds in seconds; null without a call, or above the largest bound. */
export interface Numbers {
  readonly calls: number;
  readonly errors: number;
  readonly p50: number | null;
  readonly p99: number | null;
  /** Oldest first. */
  readonly perMinute: {
    readonly calls: readonly number[];
    readonly errors: readonly number[];
    readonly p50: readonly (number | null)[];
    readonly p99: readonly (number | null)[];
  };
}

/** The numbers of one root field. */
export interface RecentField extends Numbers {
  readonly field: string;
}

/**
 * Polled by every view of an operator, since troubles are marked in the navigation. Others are not asked: they would
 * get 403.
 */
export function useHealth() {
  const { gateway, me } = useSession();
  return useQuery<Health>({
    key: ['health'],
    ask: (signal) => gateway.section('health', undefined, signal),
    enabled: me.isOperator,
    everyMs: 5_000,
  });
}

/**
 * What is wrong, in a few words each; empty: all is well. The replica that answers is left out of `replicas`: its
 * checks are listed by name.
 */
export function troubles({
  checks,
  dependencies,
  openBreakers,
  policyFile,
  replicas,
  process,
}: Health): readonly string[] {
  return [
    ...Object.entries(checks).flatMap(([name, state]) => (state === 'ok' ? [] : [`the check ${name} fails`])),
    ...dependencies.flatMap(({ name, of, isUp }) => (isUp ? [] : [`${name} (${of}) does not answer`])),
    ...openBreakers.map((breaker) => `the circuit breaker ${breaker} is open`),
    ...(policyFile?.refused === undefined ? [] : [`the policy file ${policyFile.file} is refused`]),
    ...(replicas ?? []).flatMap(({ replica, ready }) =>
      ready || replica === process.replica ? [] : [`the replica ${replica} is not ready`],
    ),
  ];
}
