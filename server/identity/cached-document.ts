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
  const { load, clock, timing, random = Math.random } = options;
  let kept: { readonly document: T; readonly from: number; readonly at: number; readonly renewAt: number } | undefined;
  let failure: { readonly error: unknown; readonly at: number } | undefined;
  let loading: { readonly done: Promise<void>; readonly at: number } | undefined;
  let extraAt: readonly number[] = [];

  async function loadNow(): Promise<void> {
    const from = clock();
    try {
      const document = await load();
      const at = clock();
      // Between the renewal's time and halfway to being due.
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
  function start(): { readonly done: Promise<void>; readonly at: number } | undefined {
    if (loading === undefined && pauseMs() > 0) return undefined;
    // The load's first turn must find `loading` set: a load that ends at once resets it.
    loading ??= { done: Promise.resolve().then(loadNow), at: clock() };
    return loading;
  }

  /** Milliseconds until there may be another extra load; a load that runs anyway may always be waited for. */
  function untilNewer(): number {
    if (loading !== undefined) return 0;
    const [oldest = 0] = extraAt;
    const isSpent = extraAt.length >= timing.extraLoads;
    return Math.max(pauseMs(), isSpent ? oldest + timing.extraWindowMs - clock() : 0, 0);
  }

  const failed = () => options.unavailable(failure?.error, untilNewer());

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
      throw options.unavailable(failure?.error, pauseMs());
    },
    async newer() {
      if (untilNewer() > 0) {
        if (failure !== undefined || kept === undefined || clock() - kept.at >= timing.newestMs) throw failed();
        return kept;
      }
      if (loading === undefined) extraAt = [...extraAt, clock()].slice(-timing.extraLoads);
      await start()?.done;
      if (failure !== undefined || kept === undefined) throw failed();
      return kept;
    },
    untilNewer,
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
