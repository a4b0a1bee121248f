import type { Snapshot } from './execution-end.ts';

/**
 * How often NoETL is asked about executions that run. "Asked for" counts the running executions that anyone asks for at
 * the time. All times are milliseconds; `staleMs` is the config's `executions.staleMs` (250).
 *
 * | Asked for | Source of the answer | It is shared for |
 * |---|---|---|
 * | 1–7 | the execution's detail | `staleMs` for each call that it cost; 100 while the execution is younger than 5 s and at most 4 share it |
 * | 8–31 | the list of the newest, and the detail every 2 s | 500 |
 * | 32 and more (NoETL's engine lags by seconds itself) | the list, and the detail every 3.5 s | 500 |
 *
 * An end that NoETL claims, and that is not certain after 1.5 s, is late: it is judged again each second. A list shows
 * ends with a terminal event only, so the detail is read beside it, often enough to be in time for the others.
 */
export const schedule = {
  list: { from: 8, freshMs: 500, detailMs: 2_000 },
  crowd: { from: 32, detailMs: 3_500 },
  young: { untilMs: 5_000, askers: 4, freshMs: 100 },
  late: { afterMs: 1_500, freshMs: 1_000 },
  /** Of those who wait for an end: pauses grow while nothing happens, and after failures; see {@link WatchPauses}. */
  watch: { shortestMs: 50, growth: 1.15, longestMs: 2_000, longestRetryMs: 5_000 },
  /** NoETL may know an execution a moment after its start: before that, one that was never seen has not vanished. */
  unknownMs: 3_000,
  /** Between two snapshots of an end that a caller has to be certain of. */
  certainMs: 250,
} as const;

/** What the schedule knows of a running execution. Times are milliseconds since the epoch. */
export interface Polled {
  readonly snapshot: Snapshot;
  /** When its detail was read, and not the list. */
  readonly readAt: number;
  readonly freshUntil: number;
  /** Since when NoETL claims an end that is not certain. */
  readonly claimedAt: number | undefined;
  /** How often it was asked for since the snapshot. */
  readonly asked: number;
}

/** For how long a new snapshot is shared. @param claimedAt undefined: it claims no end */
export function sharedMs(
  { calls, isSettling }: Snapshot,
  claimedAt: number | undefined,
  now: number,
  crowd: number,
  staleMs: number,
): number {
  const byCost = staleMs * Math.max(1, calls);
  if (isSettling) return byCost;
  const isLate = claimedAt !== undefined && (now - claimedAt >= schedule.late.afterMs || crowd >= schedule.crowd.from);
  if (isLate) return Math.max(byCost, schedule.late.freshMs);
  return crowd >= schedule.list.from ? Math.max(byCost, schedule.list.freshMs) : byCost;
}

/** Whether it is time for another snapshot. */
export function isDue({ snapshot, readAt, freshUntil, asked }: Polled, now: number, crowd: number, staleMs: number) {
  if (now >= freshUntil) return true;
  const { young, list } = schedule;
  const startedAt = snapshot.detail.startedAt?.getTime();
  const isYoung = startedAt !== undefined && now - startedAt < young.untilMs;
  return isYoung && asked <= young.askers && crowd < list.from && now - readAt >= Math.min(young.freshMs, staleMs);
}

/** Whether an execution that the list reports as running needs no read of its detail. */
export const isListEnough = ({ snapshot, readAt }: Polled, now: number, crowd: number): boolean =>
  !snapshot.isSettling && now - readAt < (crowd >= schedule.crowd.from ? schedule.crowd : schedule.list).detailMs;

/** The pauses of a watch: far apart while nothing happens, close together when something does. */
export class WatchPauses {
  readonly #firstMs: number;
  #pauseMs: number;
  #mark: string | undefined;

  constructor(firstMs: number) {
    this.#firstMs = firstMs;
    this.#pauseMs = firstMs;
  }

  /** @param mark changes when the execution moves. @returns milliseconds */
  next(mark: string): number {
    const { growth, longestMs } = schedule.watch;
    this.#pauseMs = mark === this.#mark ? Math.min(this.#pauseMs * growth, longestMs) : this.#firstMs;
    this.#mark = mark;
    return this.#pauseMs;
  }

  failed(): number {
    this.#pauseMs = Math.min(this.#pauseMs * 2, schedule.watch.longestRetryMs);
    return this.#pauseMs;
  }
}
