import type { Reading } from './meter.ts';

/** What an attack is aimed at: a gateway on loopback that was started for it alone. */
export interface Target {
  readonly host: string;
  readonly port: number;
  readonly url: string;
  /** Session tokens of a user without roles that start anything, and of a developer. */
  readonly viewer: string;
  readonly developer: string;
}

/** How often each outcome was seen: a status, or how a connection ended. */
export type Outcomes = Record<string, number>;

/** @returns how often each outcome was seen */
export function countOf(seen: readonly string[]): Outcomes {
  const outcomes: Outcomes = {};
  for (const one of seen) outcomes[one] = (outcomes[one] ?? 0) + 1;
  return outcomes;
}

/** What was seen during an attack. It is a failure when `problems` is not empty. */
export interface AttackReport {
  readonly name: string;
  readonly about: string;
  readonly outcomes: Outcomes;
  readonly reading: Reading;
  readonly problems: readonly string[];
}

/**
 * Limits that each scenario must keep. 512 MiB is the memory of the pod whose heap the gateway gets; growth is over the
 * memory before the attack and does not count for faults. V8 lets garbage of a hundred bodies of 1 MB a second grow by some 120 MiB
 * before it collects; the peak is what a leak would break.
 */
export const limits = { healthMedianMs: 250, growthMiB: 150, peakMiB: 400 } as const;

/** One text for each limit that any scenario broke. */
export function problemsOf({ healthFailures, healthMedianMs, peakMiB }: Reading): string[] {
  return [
    ...(healthFailures > 0 ? [`/health failed ${healthFailures} times`] : []),
    ...(healthMedianMs >= limits.healthMedianMs ? [`/health: ${healthMedianMs} ms at the median`] : []),
    ...(peakMiB >= limits.peakMiB ? [`memory reached ${peakMiB} MiB`] : []),
  ];
}

/**
 * The options of Node with the heap of a pod of 512 MiB: it leaves room for what is beside it. MiB; the Dockerfile gives
 * the heap 62 % of the memory, which is about as much.
 */
export const heapOf = (oldMiB = 320, youngMiB = 16): string =>
  `--max-old-space-size=${oldMiB} --max-semi-space-size=${youngMiB}`;

/**
 * A POST of JSON.
 * @returns the status, the code of an error of the gateway, and the text. It does not throw: without an answer the
 * status is 0
 */
export async function post(
  url: string,
  body: string | object,
  token?: string,
): Promise<{ readonly status: number; readonly code: string | undefined; readonly text: string }> {
  try {
    const answer = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
      body: typeof body === 'string' ? body : JSON.stringify(body),
      signal: AbortSignal.timeout(20_000),
    });
    const text = await answer.text();
    // In the whole text, since GraphQL may answer an error with 200.
    return { status: answer.status, code: /ERR_[A-Z_]+/.exec(text)?.[0], text };
  } catch {
    return { status: 0, code: undefined, text: '' };
  }
}
