import type { Clock } from '../../core/clock.ts';

/** How long a document is used, and when it is loaded again. */
export interface KeptTiming {
  /** A document of this age is due, milliseconds. */
  readonly freshMs: number;
  /** From this age on it is loaded beside the requests; each time a little earlier or later. Below `freshMs`. */
  readonly renewMs: number;
  /** A request waits this long for a document that is due; after that the old one is used. */
  readonly waitMs: number;
  /** Used when loading fails; counted from the last success. */
  readonly staleMs: number;
  /** After a failure nothing is loaded for this long: without a document, and with one. */
  readonly retryMs: number;
  readonly retryStaleMs: number;
  /** At most so many extra loads, because the document lacks something, in that time. */
  readonly extraLoads: number;
  readonly extraWindowMs: number;
  /** A document of this age at most is the newest there is. */
  readonly newestMs: number;
}

/** The usual timing. Keys of a provider are used for an hour while it cannot be asked (ADR 0007). */
export const keptTiming: KeptTiming = {
  freshMs: 10 * 60_000,
  renewMs: 7 * 60_000,
  waitMs: 250,
  staleMs: 60 * 60_000,
  retryMs: 2_000,
  retryStaleMs: 30_000,
  extraLoads: 2,
  extraWindowMs: 30_000,
  newestMs: 2_000,
};

/** A document that is loaded when needed, and outlives an outage of where it comes from for a bounded time. */
export interface CachedDocument<T> {
  /** @throws what the last load threw, when there is no document that may still be used. */
  current(): Promise<T>;
  /**
   * Loads again, because the document lacks something that may be new.
   * @returns undefined: the document is the newest there is.
   * @throws what the last load threw, or `notDue()` when there were too many of these lately: it is not known whether
   * something is new.
   */
  newer(): Promise<T | undefined>;
}

export interface CachedDocumentOptions<T> {
  readonly load: () => Promise<T>;
  readonly notDue: () => Error;
  readonly clock: Clock;
  readonly timing: KeptTiming;
  /** From 0 to 1; spreads the renewals of replicas. */
  readonly random?: () => number;
}

/** One load at a time, shared by all that need it. */
export function createCachedDocument<T>(options: CachedDocumentOptions<T>): CachedDocument<T> {
  const { load, clock, timing, random = Math.random } = options;
  let kept: { readonly document: T; readonly at: number; readonly renewAt: number } | undefined;
  let failure: { readonly error: unknown; readonly at: number } | undefined;
  let loading: { readonly done: Promise<void>; readonly at: number } | undefined;
  let extraAt: readonly number[] = [];

  async function loadNow(): Promise<void> {
    try {
      const document = await load();
      const at = clock();
      // Between the renewal's time and halfway to being due.
      kept = { document, at, renewAt: at + timing.renewMs + (random() * (timing.freshMs - timing.renewMs)) / 2 };
      failure = undefined;
    } catch (error) {
      failure = { error, at: clock() };
    } finally {
      loading = undefined;
    }
  }

  /** @returns the load that is running, or a new one; undefined: the last one failed a moment ago. */
  function start(): { readonly done: Promise<void>; readonly at: number } | undefined {
    const pauseMs = kept === undefined ? timing.retryMs : timing.retryStaleMs;
    if (loading === undefined && failure !== undefined && clock() - failure.at < pauseMs) return undefined;
    // The load's first turn must find `loading` set: a load that ends at once resets it.
    loading ??= { done: Promise.resolve().then(loadNow), at: clock() };
    return loading;
  }

  /** A load that runs anyway may always be waited for; others are counted. */
  function mayLoadExtra(now: number): boolean {
    if (loading !== undefined) return true;
    extraAt = extraAt.filter((at) => now - at < timing.extraWindowMs);
    if (extraAt.length >= timing.extraLoads) return false;
    extraAt = [...extraAt, now];
    return true;
  }

  /** Renews beside the request; a document that is due is waited for, but not for long. */
  async function renew(now: number, document: NonNullable<typeof kept>): Promise<void> {
    const begun = start();
    if (begun === undefined || now - document.at < timing.freshMs) return;
    const leftMs = timing.waitMs - (now - begun.at);
    if (leftMs > 0) await atMost(begun.done, leftMs);
  }

  return {
    async current() {
      const now = clock();
      if (kept === undefined || now - kept.at >= timing.staleMs) await start()?.done;
      else if (now >= kept.renewAt) await renew(now, kept);
      if (kept !== undefined && clock() - kept.at < timing.staleMs) return kept.document;
      throw failure?.error;
    },
    async newer() {
      if (!mayLoadExtra(clock())) {
        if (failure !== undefined) throw failure.error;
        if (kept !== undefined && clock() - kept.at < timing.newestMs) return undefined;
        throw options.notDue();
      }
      await start()?.done;
      if (failure !== undefined) throw failure.error;
      return kept?.document;
    },
  };
}

async function atMost(work: Promise<void>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work, timeout]);
  clearTimeout(timer);
}
