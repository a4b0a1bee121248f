import { useSession } from './me.ts';
import { useQuery } from './use-query.ts';

export interface Health {
  readonly ready: boolean;
  readonly checks: Readonly<Record<string, 'ok' | 'failing'>>;
  readonly notes: Readonly<Record<string, string>>;
  readonly dependencies: readonly {
    readonly name: string;
    readonly of: string;
    readonly isUp: boolean;
    readonly failingSinceMs?: number;
  }[];
  readonly openBreakers: readonly string[];
  readonly recent: {
    readonly minutes: number;
    readonly fields: readonly RecentField[];
    readonly codes: readonly { readonly code: string; readonly count: number }[];
    readonly limits: readonly { readonly limit: string; readonly count: number }[];
  };
  readonly process: {
    readonly version: string;
    readonly node: string;
    readonly replica: string;
    readonly uptimeSecs: number;
    readonly rss: number;
  };
  /** `memory`, `redis` or `nats`. */
  readonly sessions: string;
  readonly at: number;
}

export interface RecentField {
  readonly field: string;
  readonly calls: number;
  readonly errors: number;
  readonly perMinute: readonly number[];
  /** Upper bounds, seconds. */
  readonly p50: number | null;
  readonly p99: number | null;
}

export function useHealth() {
  const { gateway, me } = useSession();
  return useQuery<Health>({
    key: ['health'],
    ask: (signal) => gateway.section('health', undefined, signal),
    enabled: me.isOperator,
    everyMs: 5_000,
  });
}

/** What is wrong, in a few words each. */
export function troubles({ checks, dependencies, openBreakers }: Health): readonly string[] {
  return [
    ...Object.entries(checks).flatMap(([name, state]) => (state === 'ok' ? [] : [`the check ${name} fails`])),
    ...dependencies.flatMap(({ name, of, isUp }) => (isUp ? [] : [`${name} (${of}) does not answer`])),
    ...openBreakers.map((breaker) => `the circuit breaker ${breaker} is open`),
  ];
}
