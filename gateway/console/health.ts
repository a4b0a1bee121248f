import process from 'node:process';
import type { Clock } from '../../plugins/clock.ts';
import { isJsonObject } from '../../plugins/noetl/json-object.ts';
import { storeKindOf } from '../config/addresses.ts';
import type { ResolvedConfig } from '../config/gateway-config.ts';
import type { Readiness } from '../http/readiness.ts';
import type { Telemetry } from '../observe/telemetry.ts';
import type { WatchedPolicy } from '../policy/watched-policy.ts';
import type { SharedStore } from '../stores/shared-store.ts';
import type { DriftWatch } from '../upstream/drift-watch.ts';
import type { ConsoleSections } from './console.ts';
import type { RecentReport, ReplicaReport } from './console-answers.ts';

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
      drift: upstream?.watch.found()?.state,
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

/** What this replica knows of the others, and lets them know of itself. */
export interface Replicas {
  /** Reports at once and every few seconds from now on. */
  start(): void;
  stop(): void;
  /** The newest report of every replica that shares the store, by name. @throws ERR_STORE */
  list(): Promise<readonly ReplicaReport[]>;
}

export interface ReplicasOptions {
  readonly store: Pick<SharedStore, 'add' | 'members' | 'drop'>;
  readonly clock: Clock;
  /** A name of this process: letters, digits, `-`, `_` and `.`. */
  readonly name: string;
  /** @param isAsked whether a user looks, so that dependencies are checked */
  readonly report: (isAsked: boolean) => Promise<ReplicaReport>;
  readonly everyMs?: number;
}

const group = 'console.replicas';

/** Replicas know of each other by the store that they share: each writes what it reports of itself, with a short life. */
export function createReplicas({ store, clock, name, report, everyMs = 10_000 }: ReplicasOptions): Replicas {
  let timer: NodeJS.Timeout | undefined;
  // What cannot be written is missing in the list, and the check of the store reports why.
  const publish = async () => {
    const text = JSON.stringify(await report(false));
    // It outlives two reports that are missed; a replica that died is gone from the list after that.
    await store.add(group, name, text, new Date(clock() + 3 * everyMs));
  };
  return {
    start() {
      void publish().catch(() => {});
      timer = setInterval(() => void publish().catch(() => {}), everyMs).unref();
    },
    stop() {
      clearInterval(timer);
      void store.drop(group, name).catch(() => {});
    },
    async list() {
      // One's own is made now: the replica that answers has the newest numbers, and needs no store for them.
      const own = await report(true);
      const members = await store.members(group);
      const others = [...members].flatMap(([member, text]) => (member === name ? [] : (readReport(text) ?? [])));
      return [own, ...others].toSorted((a, b) => (a.replica < b.replica ? -1 : 1));
    },
  };
}

/** A replica of another version may report something else. */
function readReport(text: string): ReplicaReport | undefined {
  const value: unknown = JSON.parse(text);
  return isJsonObject(value) && typeof value['replica'] === 'string' && Array.isArray(value['failing'])
    ? (value as unknown as ReplicaReport)
    : undefined;
}
