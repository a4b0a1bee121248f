import type { Replica } from '../../../support/replicas.ts';

/** The heap in use at a moment. */
export interface HeapSample {
  /** Since the first sample, minutes. */
  readonly minutes: number;
  readonly mib: number;
}

/** Lowest heaps, since what is in use rises until a collection whatever the program keeps. */
export interface HeapFigures {
  /** The lowest of the first quarter of the samples. */
  readonly firstMib: number;
  /** The lowest of the last quarter. */
  readonly lastMib: number;
  /** Of the lower half of the samples in the second half of the run: what is left after collections, MiB a minute. */
  readonly mibPerMinute: number;
}

const everyMs = 1_000;

/**
 * Asks a replica for its heap each second, by its metrics, until its process ends: the next process at that address
 * has a heap of its own. A replica that does not answer leaves a gap in the samples.
 */
export function sampleHeap({ internalUrl }: Pick<Replica, 'internalUrl'>): { stop(): readonly HeapSample[] } {
  const samples: HeapSample[] = [];
  const began = performance.now();
  let process: string | undefined;
  const timer = setInterval(async () => {
    const text = await fetch(`${internalUrl}/metrics`)
      .then((answer) => answer.text())
      .catch(() => '');
    const value = (metric: string) => new RegExp(`^${metric} (\\S+)$`, 'm').exec(text)?.[1];
    const [bytes, startedAt] = [value('nodejs_heap_size_used_bytes'), value('process_start_time_seconds')];
    if (bytes === undefined) return;
    process ??= startedAt;
    if (startedAt !== process) return clearInterval(timer);
    samples.push({ minutes: (performance.now() - began) / 60_000, mib: Number(bytes) / 2 ** 20 });
  }, everyMs);
  return {
    stop() {
      clearInterval(timer);
      return samples;
    },
  };
}

/**
 * How the heap grew: a leak is a slope that stays, while caches that fill flatten in the second half.
 * @param samples of one process, oldest first
 */
export function heapSlope(samples: readonly HeapSample[]): HeapFigures {
  const quarter = Math.max(1, Math.floor(samples.length / 4));
  const low = (part: readonly HeapSample[]) => Math.min(...part.map(({ mib }) => mib));
  return {
    firstMib: low(samples.slice(0, quarter)),
    lastMib: low(samples.slice(-quarter)),
    mibPerMinute: slope(lowerHalf(samples.slice(samples.length >> 1))),
  };
}

function lowerHalf(samples: readonly HeapSample[]): readonly HeapSample[] {
  const middle = samples.map(({ mib }) => mib).toSorted((a, b) => a - b)[samples.length >> 1] ?? 0;
  return samples.filter(({ mib }) => mib <= middle);
}

/** MiB a minute, by least squares. 0 where all samples are of one moment. */
function slope(samples: readonly HeapSample[]): number {
  const mean = (of: (sample: HeapSample) => number) =>
    samples.reduce((sum, each) => sum + of(each), 0) / samples.length;
  const [minutes, mib] = [mean((each) => each.minutes), mean((each) => each.mib)];
  const spread = samples.reduce((sum, each) => sum + (each.minutes - minutes) ** 2, 0);
  const joint = samples.reduce((sum, each) => sum + (each.minutes - minutes) * (each.mib - mib), 0);
  return spread === 0 ? 0 : joint / spread;
}
