import type { Dispatcher, Pool } from 'undici';
import { GatewayError } from '../../core/errors.ts';

export interface RawCall {
  readonly method: string;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: string | undefined;
  /** Over everything: waiting for a socket, connecting, headers, body, and a second attempt. */
  readonly timeoutMs: number;
  readonly maxBytes: number;
  readonly retryBrokenSocket: boolean;
  readonly signal: AbortSignal | undefined;
}

export interface RawReply {
  readonly status: number;
  readonly text: string;
  readonly date: string | undefined;
}

type Stop = (error: GatewayError) => void;

const brokenSocket = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']);

/**
 * Sends one request through the pool's `dispatch` and collects the answer, counting bytes while they come.
 * @throws ERR_UPSTREAM, ERR_UPSTREAM_TIMEOUT
 */
export function collect(pool: Pool, call: RawCall): Promise<RawReply> {
  return new Promise((resolve, reject) => {
    const run: { stop: Stop | undefined; over: boolean } = { stop: undefined, over: false };
    const settle = (finish: () => void) => {
      if (run.over) return;
      run.over = true;
      clearTimeout(timer);
      call.signal?.removeEventListener('abort', abandon);
      finish();
    };
    const fail = (error: GatewayError) => {
      const stop = run.stop;
      settle(() => reject(error));
      stop?.(error);
    };
    const abandon = () => fail(new GatewayError('ERR_UPSTREAM', 'the caller left', { cause: call.signal?.reason }));
    const timer = setTimeout(
      () => fail(new GatewayError('ERR_UPSTREAM_TIMEOUT', 'NoETL did not answer in time')),
      call.timeoutMs,
    );
    const attempt = (retries: number) => {
      const collector = createCollector(call.maxBytes, {
        started: (stop) => {
          run.stop = stop;
          return !run.over;
        },
        done: (reply) => settle(() => resolve(reply)),
        tooLarge: () => fail(new GatewayError('ERR_UPSTREAM', 'NoETL answered with more than the gateway accepts')),
        failed: (error, answered) => {
          if (run.over) return;
          if (retries > 0 && !answered && isBrokenSocket(error)) attempt(retries - 1);
          else fail(new GatewayError('ERR_UPSTREAM', 'NoETL cannot be reached', { cause: error }));
        },
      });
      pool.dispatch(
        {
          path: call.path,
          method: call.method as Dispatcher.HttpMethod,
          headers: call.headers,
          body: call.body ?? null,
        },
        collector,
      );
    };
    if (call.signal?.aborted) return abandon();
    call.signal?.addEventListener('abort', abandon, { once: true });
    attempt(call.retryBrokenSocket ? 1 : 0);
  });
}

interface Listener {
  /** @returns false: nobody waits any more, do not send. */
  started(stop: Stop): boolean;
  done(reply: RawReply): void;
  tooLarge(): void;
  failed(error: Error, answered: boolean): void;
}

function createCollector(maxBytes: number, listener: Listener): Dispatcher.DispatchHandler {
  const chunks: Buffer[] = [];
  let status = 0;
  let date: string | undefined;
  let size = 0;
  let over = false;
  return {
    onRequestStart(controller) {
      if (!listener.started((error) => controller.abort(error))) controller.abort(new Error('nobody waits'));
    },
    onResponseStart(_controller, statusCode, headers) {
      if (statusCode < 200) return;
      status = statusCode;
      date = typeof headers['date'] === 'string' ? headers['date'] : undefined;
      if (Number(headers['content-length'] ?? 0) > maxBytes) {
        over = true;
        listener.tooLarge();
      }
    },
    onResponseData(_controller, chunk) {
      if (over) return;
      size += chunk.length;
      if (size <= maxBytes) return void chunks.push(chunk);
      over = true;
      listener.tooLarge();
    },
    onResponseEnd() {
      if (!over) listener.done({ status, date, text: textOf(chunks) });
    },
    onResponseError(_controller, error) {
      listener.failed(error, status !== 0);
    },
  };
}

function textOf(chunks: readonly Buffer[]): string {
  const [only] = chunks;
  return (chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks)).toString('utf8');
}

/** @returns whether the socket broke, as a stale one does, rather than never having connected. */
function isBrokenSocket(error: Error): boolean {
  return 'code' in error && typeof error.code === 'string' && brokenSocket.has(error.code);
}
