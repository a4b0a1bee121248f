import type { Dispatcher, Pool } from 'undici';
import { GatewayError } from '../../plugins/errors.ts';
import { textOfBytes } from '../../plugins/json/lossless-json.ts';
import { resolveAtEndOfTurn } from '../http/event-loop-batches.ts';
import type { ByteLease } from '../limits/byte-budget.ts';

/** One HTTP request, complete. */
interface RawCall {
  readonly method: string;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: string | undefined;
  /** Over everything: waiting for a socket, connecting, headers, body, and a second attempt. */
  readonly timeoutMs: number;
  readonly maxBytes: number;
  /** Asked when a socket broke before an answer began: whether to send the call once more. */
  readonly mayRetry: () => boolean;
  readonly signal: AbortSignal | undefined;
  /** How the bytes of a good answer become text. Default `utf8`. */
  readonly encoding?: 'utf8' | 'base64';
  /** Takes the bytes of a large answer before they are read. The caller gives it back. */
  readonly lease: ByteLease;
}

/** The received reply: the body as text, not parsed. */
export interface RawReply {
  readonly status: number;
  readonly text: string;
  readonly date: string | undefined;
  readonly mediaType?: string | undefined;
  /** `X-NoETL-Has-More` of a list. */
  readonly hasMore?: string | undefined;
}

/** NoETL did not answer: no connection, a broken one, or no answer in time. Other errors do not speak of its health. */
export class OutageError extends GatewayError {}

/** From this size on an answer counts: the places of calls bound the smaller ones. */
export const countedFromBytes = 64 * 1024;
const brokenSocket = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']);

/**
 * Sends one request through the pool's `dispatch` and collects the answer, counting bytes while they come.
 * @throws ERR_UPSTREAM, ERR_UPSTREAM_TIMEOUT
 */
export function collect(pool: Pool, call: RawCall): Promise<RawReply> {
  return new Promise((resolve, reject) => new Collector(pool, call, resolve, reject).begin());
}

/** One call, over its attempts. One object and no closures: it is made for every call. */
class Collector implements Dispatcher.DispatchHandler {
  readonly #pool: Pool;
  readonly #call: RawCall;
  readonly #resolve: (reply: RawReply) => void;
  readonly #reject: (error: GatewayError) => void;
  #timer: NodeJS.Timeout | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #retries = 1;
  #over = false;
  #status = 0;
  #date: string | undefined;
  #mediaType: string | undefined;
  #hasMore: string | undefined;
  #chunks: Buffer[] = [];
  #size = 0;
  #taken = 0;

  constructor(pool: Pool, call: RawCall, resolve: (reply: RawReply) => void, reject: (error: GatewayError) => void) {
    this.#pool = pool;
    this.#call = call;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  begin(): void {
    const { signal, timeoutMs } = this.#call;
    signal?.addEventListener('abort', this.#abandon, { once: true });
    this.#timer = setTimeout(timedOut, timeoutMs, this);
    if (signal?.aborted) this.#abandon();
    else this.#attempt();
  }

  #attempt(): void {
    const { path, method, headers, body = null } = this.#call;
    this.#pool.dispatch({ path, method: method as Dispatcher.HttpMethod, headers, body }, this);
  }

  /** @returns whether this is the first end; later ones are ignored */
  #settle(): boolean {
    if (this.#over) return false;
    this.#over = true;
    clearTimeout(this.#timer);
    this.#call.signal?.removeEventListener('abort', this.#abandon);
    return true;
  }

  timedOut(): void {
    const cause = this.#controller === undefined ? noConnection() : undefined;
    this.fail(new OutageError('ERR_UPSTREAM_TIMEOUT', 'NoETL did not answer in time', { cause }));
  }

  fail(error: GatewayError): void {
    if (!this.#settle()) return;
    this.#reject(error);
    this.#controller?.abort(error);
  }

  readonly #abandon = (): void =>
    this.fail(new GatewayError('ERR_UPSTREAM', 'the caller left', { cause: this.#call.signal?.reason }));

  #tooLarge(): void {
    this.fail(new GatewayError('ERR_UPSTREAM', 'NoETL answered with more than the gateway accepts'));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#over) controller.abort(new Error('no caller waits for the reply'));
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Readonly<Record<string, string | string[] | undefined>>,
  ): void {
    // 1xx is not the answer (RFC 9110, section 15.2).
    if (status < 200) return;
    this.#status = status;
    this.#date = typeof headers['date'] === 'string' ? headers['date'] : undefined;
    this.#mediaType = typeof headers['content-type'] === 'string' ? headers['content-type'] : undefined;
    this.#hasMore = typeof headers['x-noetl-has-more'] === 'string' ? headers['x-noetl-has-more'] : undefined;
    const announced = Number(headers['content-length'] ?? 0);
    if (announced > this.#call.maxBytes) this.#tooLarge();
    else this.#take(announced);
  }

  /** Small answers are not counted: the places of calls bound them. */
  #take(untilBytes: number): void {
    if (untilBytes < countedFromBytes || untilBytes <= this.#taken) return;
    if (this.#call.lease.grow(untilBytes - this.#taken)) this.#taken = untilBytes;
    else this.fail(noRoom());
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#over) return;
    this.#size += chunk.length;
    if (this.#size > this.#call.maxBytes) this.#tooLarge();
    else this.#take(this.#size);
    if (!this.#over) this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    if (this.#over) return;
    const status = this.#status;
    const text = textOf(this.#chunks, status < 300 ? this.#call.encoding : undefined);
    if (text === undefined) this.#tooLarge();
    else if (this.#settle()) {
      const [date, mediaType, hasMore] = [this.#date, this.#mediaType, this.#hasMore];
      resolveAtEndOfTurn(this.#resolve, { status, date, mediaType, hasMore, text });
    }
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.#over) return;
    // Before any of an answer came, as with a stale socket.
    if (this.#retries > 0 && this.#status === 0 && isBrokenSocket(error) && this.#call.mayRetry()) {
      this.#retries -= 1;
      this.#controller = undefined;
      this.#attempt();
    } else this.fail(new OutageError('ERR_UPSTREAM', 'NoETL cannot be reached', { cause: error }));
  }
}

/** NoETL has been asked, and its answer does not fit into what may be in memory. */
export const noRoom = (): GatewayError =>
  new GatewayError('ERR_OVERLOADED', 'too many large responses are in work; try again', { retryAfterSecs: 2 });

/** The system would report it minutes later. */
const noConnection = () => Object.assign(new Error('no connection in time'), { code: 'ETIMEDOUT' });

function timedOut(collector: Collector): void {
  collector.timedOut();
}

/** @returns undefined when it is longer than a text can be */
function textOf(chunks: readonly Buffer[], encoding: RawCall['encoding']): string | undefined {
  try {
    return textOfBytes(chunks, encoding);
  } catch {
    return undefined;
  }
}

/** @returns whether the socket broke, as a stale one does, rather than never having connected. */
function isBrokenSocket(error: Error): boolean {
  return 'code' in error && typeof error.code === 'string' && brokenSocket.has(error.code);
}
