import type { Clock } from '../../plugins/clock.ts';
import { isJsonObject } from '../../plugins/noetl/json-object.ts';
import type { LiveStore } from '../live/live-store.ts';
import type { ReplicaReport } from './gateway-health.ts';

/** What this replica knows of the others, and lets them know of itself. */
export interface Replicas {
  /** Reports at once and every few seconds from now on. */
  start(): void;
  stop(): void;
  /** The newest report of every replica that shares the store, by name. @throws ERR_STORE */
  list(): Promise<readonly ReplicaReport[]>;
}

export interface ReplicasOptions {
  readonly store: Pick<LiveStore, 'add' | 'members' | 'drop'>;
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
