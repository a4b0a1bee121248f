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

/** A stream that shows nothing at first is held back on its way, for example by a proxy, milliseconds. */
const firstEventMs = 5_000;
/** One that falls silent is opened again: it begins with the state as it is, milliseconds. */
const silentMs = 30_000;

/** @throws what breaks the stream; the reason of an abort when it shows nothing */
async function* streamed<T>(open: (signal: AbortSignal) => AsyncGenerator<T>, signal: AbortSignal): AsyncGenerator<T> {
  for (;;) {
    const silence = new AbortController();
    const after = (ms: number) => setTimeout(() => silence.abort(), ms);
    let timer = after(firstEventMs);
    let hasSpoken = false;
    try {
      for await (const execution of open(AbortSignal.any([signal, silence.signal]))) {
        clearTimeout(timer);
        hasSpoken = true;
        yield execution;
        timer = after(silentMs);
      }
      return;
    } catch (error) {
      if (!silence.signal.aborted || !hasSpoken) throw error;
    } finally {
      clearTimeout(timer);
    }
  }
}

/**
 * The states of an execution as they come by a subscription, until it is over. Where there is no subscription, it breaks, or
 * it stays silent, the execution is asked for again and again.
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
  let last = '';
  try {
    for await (const execution of stream === undefined ? [] : streamed(stream, both)) {
      if (execution === null) continue;
      const now = JSON.stringify(execution);
      if (now !== last) yield execution;
      if (isOver(execution)) return;
      last = now;
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
    // All of it: a step may begin to run while the status and the name of the current step stay.
    const now = JSON.stringify(execution);
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
