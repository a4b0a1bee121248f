import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../../plugins/clock.ts';
import { createListeners } from '../../plugins/listeners.ts';
import type { SessionKey } from '../../plugins/noetl-auth/session/session-token.ts';
import type { Ending } from '../../plugins/ports.ts';
import type { NatsBucket, NatsChange } from './nats-bucket.ts';
import type { RecordSeal } from './record-seal.ts';
import { decodeMark, decodeRecord } from './session-record.ts';

/** The prefixes of keys of sessions and of users' marks. */
export interface NatsPlaces {
  readonly session: string;
  readonly user: string;
}

/** @param prefix of the deployment; buckets can be shared */
export const natsPlaces = (prefix: string): NatsPlaces => ({ session: `${prefix}.session.`, user: `${prefix}.user.` });

/** Between two attempts to listen. */
const retryMs = 500;

/** Finds endings in everything that is written to a bucket. */
export interface EndingWatch {
  listen(listener: (ending: Ending) => void): void;
  /** Leaves the bucket followed so far. Reports `missed` when it begins with the next: some may have gone by. */
  follow(bucket: NatsBucket): void;
  stop(): void;
  /** Whether the bucket is watched now. Waits for a watch that is being made. */
  isWatching(): Promise<boolean>;
}

/** Endings of other deployments in the same bucket are passed over. */
export function watchEndings(clock: Clock, places: NatsPlaces, seal: RecordSeal): EndingWatch {
  const { add, notify } = createListeners<Ending>();
  let current: { stop(): void } | undefined;
  let starting: ReturnType<NatsBucket['watch']> | undefined;
  // Counts the buckets that were followed. A loop whose number is an older one ends.
  let turn = 0;

  function stop(): void {
    turn += 1;
    current?.stop();
    current = undefined;
  }

  async function watchOnce(bucket: NatsBucket, mine: number): Promise<void> {
    starting = bucket.watch();
    const changes = await starting;
    if (turn !== mine) return changes.stop();
    current = changes;
    notify({ missed: true });
    for await (const change of changes) {
      const ending = endingOf(change, clock(), places, seal);
      if (ending !== undefined) notify(ending);
    }
  }

  /** A watch that breaks is made again; until then nothing that is cached is trusted for long. */
  async function keepWatching(bucket: NatsBucket): Promise<void> {
    stop();
    const mine = turn;
    while (turn === mine) {
      await watchOnce(bucket, mine).catch(() => {});
      if (turn !== mine) return;
      current = undefined;
      notify({ missed: true });
      await delay(retryMs, undefined, { ref: false });
    }
  }

  return {
    listen: add,
    follow: (bucket) => void keepWatching(bucket).catch(() => {}),
    stop,
    async isWatching() {
      await starting?.catch(() => {});
      return current !== undefined;
    },
  };
}

/** @returns undefined: not an ending. What cannot be read may have been one. */
function endingOf({ key, text }: NatsChange, nowMs: number, places: NatsPlaces, seal: RecordSeal): Ending | undefined {
  try {
    if (key.startsWith(places.user)) {
      const { userId, notBefore } = decodeMark(text);
      return { userId, notBefore };
    }
    if (!key.startsWith(places.session) || decodeRecord(text, nowMs, key, seal)?.state !== 'ended') return undefined;
    return { key: key.slice(places.session.length) as SessionKey };
  } catch {
    return { missed: true };
  }
}
