import type { Clock } from '../../core/clock.ts';

export interface KeptTiming {
  /** Used without asking again, milliseconds. */
  readonly freshMs: number;
  /** Used when asking again fails; counted from the last success. */
  readonly staleMs: number;
  /** After a failure nobody is asked for this long: without a document, and with one. */
  readonly retryMs: number;
  readonly retryStaleMs: number;
  /** At most so many extra loads, asked for because the document lacks something, in that time. */
  readonly extraLoads: number;
  readonly extraWindowMs: number;
}

export const keptTiming: KeptTiming = {
  freshMs: 10 * 60_000,
  staleMs: 60 * 60_000,
  retryMs: 2_000,
  retryStaleMs: 30_000,
  extraLoads: 2,
  extraWindowMs: 30_000,
};

/** A document that is loaded when needed, and outlives an outage of where it comes from for a bounded time. */
export interface KeptDocument<T> {
  /** @throws what the last load threw, when there is no document that may still be used. */
  current(): Promise<T>;
  /**
   * Loads again, because the document lacks something that may be new.
   * @returns undefined: not now, there were enough of these lately, and the last load went well.
   * @throws what the last load threw, when it failed: whether something is new cannot be told.
   */
  newer(): Promise<T | undefined>;
}

/** One load at a time; everybody who needs it waits for the same. */
export function createKeptDocument<T>(load: () => Promise<T>, clock: Clock, timing: KeptTiming): KeptDocument<T> {
  let kept: { readonly document: T; readonly at: number } | undefined;
  let failure: { readonly error: unknown; readonly at: number } | undefined;
  let loading: Promise<void> | undefined;
  let extraAt: readonly number[] = [];

  async function loadNow(): Promise<void> {
    try {
      kept = { document: await load(), at: clock() };
      failure = undefined;
    } catch (error) {
      failure = { error, at: clock() };
    } finally {
      loading = undefined;
    }
  }

  async function tryToLoad(): Promise<void> {
    const pauseMs = kept === undefined ? timing.retryMs : timing.retryStaleMs;
    if (loading === undefined && failure !== undefined && clock() - failure.at < pauseMs) return;
    loading ??= loadNow();
    await loading;
  }

  return {
    async current() {
      if (kept === undefined || clock() - kept.at >= timing.freshMs) await tryToLoad();
      if (kept !== undefined && clock() - kept.at < timing.staleMs) return kept.document;
      throw failure?.error;
    },
    async newer() {
      extraAt = extraAt.filter((at) => clock() - at < timing.extraWindowMs);
      if (loading === undefined && extraAt.length >= timing.extraLoads) {
        if (failure !== undefined) throw failure.error;
        return undefined;
      }
      if (loading === undefined) extraAt = [...extraAt, clock()];
      await tryToLoad();
      if (failure !== undefined) throw failure.error;
      return kept?.document;
    },
  };
}
