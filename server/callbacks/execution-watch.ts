import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../../core/clock.ts';
import { isJsonObject, type JsonObject } from '../../core/noetl/json-object.ts';
import type { Upstream } from '../../core/ports.ts';

export interface WatchTiming {
  /** The first and the longest pause between two looks. */
  readonly pollMs: number;
  readonly pollMaxMs: number;
  /** An end that NoETL only infers must hold for this long: between two steps it infers one, too. */
  readonly inferredHoldMs: number;
  /** A certain end; the callback may still be on its way. */
  readonly graceMs: number;
}

export const defaultTiming: WatchTiming = { pollMs: 250, pollMaxMs: 1_000, inferredHoldMs: 1_500, graceMs: 200 };

/** What one look at an execution showed. `mark` changes when the execution moves on. */
interface Look {
  readonly end: 'none' | 'inferred' | 'failed' | 'certain';
  readonly mark: string;
}

/**
 * Resolves when an execution is over and has had the time to call back; never while NoETL does not tell.
 * A failed step already reads as FAILED while the steps after it, the callback among them, still run: so that end must
 * be seen twice unchanged. `completed` counts only when it is not inferred, or when it holds.
 * @throws AbortError when the signal fires.
 */
export async function untilOver(
  upstream: Upstream,
  executionId: string,
  timing: WatchTiming,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  let pauseMs = timing.pollMs;
  let first: { look: Look; at: number } | undefined;
  for (;;) {
    await sleep(pauseMs, undefined, { signal });
    const look = await lookAt(upstream, executionId, signal);
    if (look?.end === 'none') {
      first = undefined;
      pauseMs = Math.min(pauseMs * 1.5, timing.pollMaxMs);
      continue;
    }
    if (look === undefined) continue;
    const now = clock();
    if (first?.look.end !== look.end || first.look.mark !== look.mark) first = { look, at: now };
    const holdMs = look.end === 'inferred' ? timing.inferredHoldMs : timing.graceMs;
    if (now - first.at >= holdMs) return;
    // Until the hold is over and a little longer: a timer may fire a millisecond early.
    pauseMs = Math.min(timing.pollMs, holdMs - (now - first.at) + 2);
  }
}

/** Whether NoETL says that the execution still runs. False when it does not say. */
export async function stillRuns(upstream: Upstream, executionId: string): Promise<boolean> {
  const detail = await read(upstream, executionId, '');
  const status = detail?.['status'];
  return typeof status === 'string' && !finished.has(status.toUpperCase());
}

const finished = new Set(['COMPLETED', 'FAILED', 'CANCELLED', 'CANCELED', 'ERROR']);

async function lookAt(upstream: Upstream, executionId: string, signal: AbortSignal): Promise<Look | undefined> {
  const detail = await read(upstream, executionId, '', signal);
  const status = typeof detail?.['status'] === 'string' ? detail['status'].toUpperCase() : undefined;
  if (detail === undefined || status === undefined) return undefined;
  const mark = `${status} ${String(detail['end_time'])}`;
  if (status === 'CANCELLED' || status === 'CANCELED') return { end: 'certain', mark };
  if (status === 'FAILED' || status === 'ERROR') return { end: 'failed', mark };
  if (status !== 'COMPLETED') return { end: 'none', mark };
  const told = await read(upstream, executionId, '/status', signal);
  if (told?.['completed'] === false) return { end: 'none', mark };
  const isCertain = told?.['completed'] === true && told['completion_inferred'] === false;
  return { end: isCertain ? 'certain' : 'inferred', mark };
}

/** @returns undefined when NoETL did not answer with an object. */
async function read(
  upstream: Upstream,
  executionId: string,
  suffix: '' | '/status',
  signal?: AbortSignal,
): Promise<JsonObject | undefined> {
  try {
    const reply = await upstream.request({
      method: 'GET',
      path: `/api/executions/${encodeURIComponent(executionId)}${suffix}`,
      ...(suffix === '' && { query: [['include_events', 'false'] as const] }),
      idempotent: true,
      timeoutMs: 5_000,
      ...(signal !== undefined && { signal }),
      route: `/api/executions/{execution_id}${suffix}`,
    });
    return reply.status === 200 && isJsonObject(reply.body) ? reply.body : undefined;
  } catch {
    signal?.throwIfAborted();
    return undefined;
  }
}
