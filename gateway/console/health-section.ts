import process from 'node:process';
import type { Clock } from '../../plugins/clock.ts';
import type { ResolvedConfig } from '../config/gateway-config.ts';
import { storeKindOf } from '../config/store-kinds.ts';
import type { Readiness } from '../http/readiness.ts';
import type { Telemetry } from '../observe/telemetry.ts';
import type { WatchedPolicy } from '../policy/watched-policy.ts';
import type { DriftWatch } from '../upstream/drift-watch.ts';
import type { ConsoleSections } from './console.ts';
import type { RecentReport, ReplicaReport } from './gateway-health.ts';
import type { Replicas } from './replicas.ts';

export interface HealthGiven {
  readonly telemetry: Pick<Telemetry, 'dependencies'>;
  readonly recent: () => Promise<RecentReport>;
  readonly readiness: Pick<Readiness, 'check' | 'known'>;
  /** Absent: the grants are those of the config. */
  readonly policy?: Pick<WatchedPolicy, 'state'> | undefined;
  /** `class route` of every circuit breaker that is not closed. */
  readonly openBreakers: () => readonly string[];
  readonly clock: Clock;
  readonly config: ResolvedConfig;
  readonly version: string;
  /** Of this process: in its own answer and in its report for others, so that the page finds the one that answers. */
  readonly processName: string;
  readonly upstream: { readonly watch: Pick<DriftWatch, 'found'> } | undefined;
}

/** What this replica sees, and what every replica that shares the store reports of itself. */
export function createHealthSection(given: HealthGiven, replicas: Pick<Replicas, 'list'>): ConsoleSections['health'] {
  const { config, version, clock, readiness, telemetry, openBreakers, processName, upstream } = given;
  return {
    to: 'operator',
    answer: async () => ({
      // As `/ready` answers, at most one second old.
      ...(await readiness.check()),
      dependencies: telemetry.dependencies(),
      openBreakers: openBreakers(),
      policyFile: given.policy?.state(),
      drift: upstream?.watch.found()?.state ?? 'unknown',
      recent: await given.recent(),
      process: { version, node: process.version, replica: processName },
      // Without its store a gateway still shows what it sees itself.
      replicas: await replicas.list().catch(() => undefined),
      sessions: storeKindOf(config.sessions.store) ?? 'custom',
      at: clock(),
    }),
  };
}

/** Before the first check: nothing is known to fail. */
const unchecked = { ready: true, checks: {} } as const;

/**
 * What this replica reports of itself.
 * @param isAsked dependencies are checked now; else as the newest check found them
 */
export async function reportReplica(given: HealthGiven, isAsked: boolean): Promise<ReplicaReport> {
  const { version, clock, readiness, telemetry, openBreakers, processName } = given;
  const { ready, checks } = (isAsked ? await readiness.check() : await readiness.known()) ?? unchecked;
  const { calls, errors, p99 } = (await given.recent()).total;
  // Bytes; 0 where the system does not know.
  const limit = process.constrainedMemory();
  return {
    replica: processName,
    version,
    at: clock(),
    ready,
    failing: [
      ...Object.entries(checks).flatMap(([name, state]) => (state === 'ok' ? [] : [name])),
      ...telemetry.dependencies().flatMap(({ name, of, isUp }) => (isUp ? [] : [`${name} (${of})`])),
      ...openBreakers().map((breaker) => `breaker ${breaker}`),
      ...(given.policy?.state().refused === undefined ? [] : ['policy file']),
    ],
    uptimeSecs: Math.round(process.uptime()),
    rss: process.memoryUsage.rss(),
    // A container without a limit reports more than any machine has.
    ...(limit > 0 && limit < 2 ** 50 && { memoryLimit: limit }),
    ...{ calls, errors, p99 },
  };
}
