import type { Clock } from '../../plugins/clock.ts';

/** The usual timing, milliseconds. Keys of a provider are used for an hour while it cannot be asked (ADR 0007). */
export const keptTiming = {
  /** A document of this age is loaded beside the requests; each time up to half the way to `freshMs` later. */
  renewMs: 7 * 60_000,
  /** From this age on a request waits for the load, but no longer than `waitMs`; after that the old document is used. */
  freshMs: 10 * 60_000,
  waitMs: 250,
  /** Used when loading fails; counted from the last success. */
  staleMs: 60 * 60_000,
  /** After a failure nothing is loaded for this long: without a document, and with one. */
  retryMs: 2_000,
  retryStaleMs: 30_000,
  /** At most so many extra loads, because the document lacks something, in that time. */
  extraLoads: 2,
  extraWindowMs: 30_000,
  /** A document of this age at most is the newest there is. */
  newestMs: 2_000,
};
export type KeptTiming = { readonly [Name in keyof typeof keptTiming]: number };

/** A document that is loaded when needed, and outlives an outage of where it comes from for a bounded time. */
export interface CachedDocument<T> {
  /** @throws `unavailable` with what the last load threw, when there is no document that may still be used. */
  current(): Promise<T>;
  /**
   * Loads again, because the document lacks something that may be new. `from`: what the source offered until then is in the
   * document, milliseconds.
   * @throws `unavailable` with what the last load threw, or without it when there were too many of these lately: it is not known
   * whether something is new.
   */
  newer(): Promise<{ readonly document: T; readonly from: number }>;
  /** Milliseconds until the source may be asked for something new again; 0: now. */
  untilNewer(): number;
}

export interface CachedDocumentOptions<T> {
  readonly load: () => Promise<T>;
  /** The error of callers, with the error of the last load if it failed, and when to try again. */
  readonly unavailable: (failure: unknown, retryMs: number) => unknown;
  readonly clock: Clock;
  readonly timing: KeptTiming;
  /** From 0 to 1; spreads the renewals of replicas. */
  readonly random?: () => number;
}

/** One load at a time, shared by all that need it. */
export function createCachedDocument<T>(options: CachedDocumentOptions<T>): CachedDocument<T> {
  const { load, unavailable, clock, timing, random = Math.random } = options;
  let kept: { readonly document: T; readonly from: number; readonly at: number; readonly renewAt: number } | undefined;
  let failure: { readonly error: unknown; readonly at: number } | undefined;
  let loading: { readonly done: Promise<void>; readonly at: number } | undefined;
  let extraAt: readonly number[] = [];

  async function loadNow(): Promise<void> {
    const from = clock();
    try {
      const document = await load();
      const at = clock();
      kept = { document, from, at, renewAt: at + timing.renewMs + (random() * (timing.freshMs - timing.renewMs)) / 2 };
      failure = undefined;
    } catch (error) {
      failure = { error, at: clock() };
    } finally {
      loading = undefined;
    }
  }

  /** Milliseconds until a load may follow one that has failed. */
  function pauseMs(): number {
    if (failure === undefined) return 0;
    return Math.max(0, failure.at + (kept === undefined ? timing.retryMs : timing.retryStaleMs) - clock());
  }

  /** @returns the load that is running, or a new one; undefined: the last one failed a moment ago. */
  function start() {
    if (loading === undefined && pauseMs() > 0) return undefined;
    // The load's first turn must find `loading` set: a load that ends at once resets it.
    loading ??= { done: Promise.resolve().then(loadNow), at: clock() };
    return loading;
  }

  /** A load that runs anyway may always be waited for. */
  function untilNewer(): number {
    if (loading !== undefined) return 0;
    const [oldest = 0] = extraAt;
    return Math.max(pauseMs(), extraAt.length < timing.extraLoads ? 0 : oldest + timing.extraWindowMs - clock(), 0);
  }

  /** Renews beside the request; a document that is due is waited for, but not for long. */
  async function renew(now: number, { at, renewAt }: NonNullable<typeof kept>): Promise<void> {
    const begun = now < renewAt ? undefined : start();
    if (begun === undefined || now - at < timing.freshMs) return;
    const leftMs = timing.waitMs - (now - begun.at);
    if (leftMs > 0) await atMost(begun.done, leftMs);
  }

  return {
    async current() {
      const now = clock();
      if (kept === undefined || now - kept.at >= timing.staleMs) await start()?.done;
      else await renew(now, kept);
      if (kept !== undefined && clock() - kept.at < timing.staleMs) return kept.document;
      throw unavailable(failure?.error, pauseMs());
    },
    async newer() {
      const isSpent = untilNewer() > 0;
      if (!isSpent) {
        if (loading === undefined) extraAt = [...extraAt, clock()].slice(-timing.extraLoads);
        await start()?.done;
      }
      const isKnown = failure === undefined && kept !== undefined && (!isSpent || clock() - kept.at < timing.newestMs);
      if (isKnown && kept !== undefined) return kept;
      throw unavailable(failure?.error, untilNewer());
    },
    untilNewer,
  };
}

async function atMost(work: Promise<void>, ms: number): Promise<void> {
  const timeout = Promise.withResolvers<void>();
  const timer = setTimeout(timeout.resolve, ms);
  await Promise.race([work, timeout.promise]);
  clearTimeout(timer);
}
