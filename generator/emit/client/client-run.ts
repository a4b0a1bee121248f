import { passingFailure, pause } from './client-runtime.ts';
import { type CallOptions, GatewayClientError, type RunOptions, type WaitOptions } from './client-shapes.ts';

/** What `poll` looks at. */
interface Watched {
  readonly status: string | null;
}

/** The statuses of an execution that is over. */
const terminal: ReadonlySet<string> = new Set(['COMPLETED', 'FAILED', 'CANCELLED']);

/** What a look shows, again and again and less often with time, until the execution is over. */
async function* polled<T extends Watched>(
  ask: () => Promise<T | null>,
  { timeoutMs = 300_000, signal }: WaitOptions,
): AsyncGenerator<T> {
  const until = Date.now() + timeoutMs;
  for (let pauseMs = 250; ; pauseMs = Math.min(pauseMs * 1.5, 3_000)) {
    const look = await ask().then((execution) => ({ execution, waitMs: 0 }), passingFailure);
    if (look.execution !== null) {
      yield look.execution;
      if (isOver(look.execution)) return;
    }
    const waitMs = Math.max(pauseMs, look.waitMs);
    if (Date.now() + waitMs > until) throw new GatewayClientError('ERR_TIMEOUT', 'The execution is not over yet.');
    await pause(waitMs, signal);
  }
}

const isOver = ({ status }: Watched): boolean => terminal.has(status ?? '');

/**
 * Asks again and again, less often with time, until the execution is over. Failures that may pass (no answer, 429, 5xx)
 * are outlived.
 * @throws GatewayClientError ERR_TIMEOUT, and what does not pass; the signal's reason when it is aborted
 */
export async function poll<T extends Watched>(ask: () => Promise<T | null>, options: WaitOptions = {}): Promise<T> {
  return lastOf(polled(ask, options));
}

async function lastOf<T>(all: AsyncGenerator<T>, onEach: (one: T) => void = () => {}): Promise<T> {
  let last: T | undefined;
  for await (last of all) onEach(last);
  if (last === undefined) throw new GatewayClientError('ERR_TIMEOUT', 'The execution is not over yet.');
  return last;
}

/** The time that a wait has is not the time of each of its calls. */
export const callOf = ({ signal }: WaitOptions = {}): CallOptions => ({ retries: 0, ...(signal && { signal }) });

/**
 * The states of an execution as they come by a subscription, until it is over. Where there is no subscription, or it breaks,
 * the execution is asked for again and again.
 * @throws GatewayClientError ERR_TIMEOUT, and what does not pass; the signal's reason when it is aborted
 */
export async function* watched<T extends Watched>(
  stream: ((signal: AbortSignal) => AsyncGenerator<T | null>) | undefined,
  look: () => Promise<T | null>,
  { timeoutMs = 300_000, signal }: WaitOptions = {},
): AsyncGenerator<T> {
  const until = Date.now() + timeoutMs;
  const limit = AbortSignal.timeout(timeoutMs);
  const both = signal === undefined ? limit : AbortSignal.any([signal, limit]);
  try {
    for await (const execution of stream?.(both) ?? []) {
      if (execution === null) continue;
      yield execution;
      if (isOver(execution)) return;
    }
  } catch {
    signal?.throwIfAborted();
    // What is wrong for good is found by asking.
  }
  yield* polled(look, { timeoutMs: Math.max(0, until - Date.now()), ...(signal && { signal }) });
}

/** The calls that `runToEnd` makes. */
interface RunCalls<T> {
  readonly start: () => Promise<{ readonly id: string } | null>;
  readonly look: (id: string) => Promise<T | null>;
  readonly stream?: ((id: string, signal: AbortSignal) => AsyncGenerator<T | null>) | undefined;
  readonly cancel: (id: string) => Promise<unknown>;
}

/** Starts a playbook and follows it to its end; a failed or cancelled execution is a result, not an error. */
export async function runToEnd<T extends Watched>(
  { start, look, stream, cancel }: RunCalls<T>,
  options: RunOptions<T> = {},
): Promise<T> {
  const started = await start();
  if (started === null) throw new GatewayClientError('ERR_ANSWER', 'The gateway did not name the execution.');
  let seen = '';
  const onLook = (execution: T): void => {
    const { status, currentStep, progress } = execution as T & { currentStep?: unknown; progress?: unknown };
    const now = JSON.stringify([status, currentStep, progress]);
    if (now !== seen) options.onUpdate?.(execution);
    seen = now;
  };
  try {
    const streamed = stream && ((signal: AbortSignal) => stream(started.id, signal));
    return await lastOf(
      watched(streamed, () => look(started.id), options),
      onLook,
    );
  } catch (error) {
    if (options.cancelOnAbort === true && options.signal?.aborted === true) await cancel(started.id).catch(() => {});
    throw error;
  }
}

/**
 * The rows of all pages, one page at a time, until a page is empty: `for await (const row of paged((page) =>
 * client.executions({ page, pageSize: 100 })))`.
 */
export async function* paged<Row>(
  read: (page: number) => Promise<readonly Row[] | null | undefined>,
): AsyncGenerator<Row> {
  for (let page = 1; ; page += 1) {
    const rows = await read(page);
    if (rows === null || rows === undefined || rows.length === 0) return;
    yield* rows;
  }
}
