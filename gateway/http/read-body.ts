import type { IncomingMessage } from 'node:http';
import { GatewayError } from '../../plugins/errors.ts';
import { isJsonMediaType, parseJson, textOfBytes } from '../../plugins/json/lossless-json.ts';
import type { ByteLease } from '../limits/byte-budget.ts';
import { resolveAtEndOfTurn } from './event-loop-batches.ts';

/** The bounds of reading a body. */
export interface BodyLimits {
  /** More than that is ERR_BODY_TOO_LARGE, at the header or while reading. */
  readonly maxBytes: number;
  /** From here on until the last byte. Default 30 s. */
  readonly timeoutMs?: number;
  /** Takes the bytes before they are read: those that the header announces, else those that arrive. */
  readonly lease?: ByteLease;
}

const defaultTimeoutMs = 30_000;

/**
 * Reads the body of a request and counts its bytes.
 * @throws ERR_BODY_TOO_LARGE, ERR_MEDIA_TYPE (a content encoding), ERR_REQUEST_INVALID (cut off or too slow),
 * ERR_OVERLOADED (too many bytes of bodies are in memory)
 */
export async function readBody(request: IncomingMessage, limits: BodyLimits): Promise<Buffer> {
  const { maxBytes, lease } = limits;
  const encoding = request.headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') {
    throw new GatewayError('ERR_MEDIA_TYPE', 'a body must come without content encoding');
  }
  // Without a length the bytes are counted as they arrive.
  const announced = Number(request.headers['content-length'] ?? 0);
  if (announced > maxBytes) throw tooLarge(maxBytes);
  if (lease?.grow(announced) === false) throw overloaded();
  return bytesOf(request, limits, announced);
}

const tooLarge = (maxBytes: number) =>
  new GatewayError('ERR_BODY_TOO_LARGE', `a body may have ${maxBytes} bytes at most`);

const cutOff = (cause?: unknown) => new GatewayError('ERR_REQUEST_INVALID', 'the body ended early', { cause });

const tooSlow = () => new GatewayError('ERR_REQUEST_INVALID', 'the body did not arrive in time');

const overloaded = () =>
  new GatewayError('ERR_OVERLOADED', 'too many requests are being read; try again', { retryAfterSecs: 1 });

/** By events: an async iterator over the request costs more than the rest of reading. */
function bytesOf(request: IncomingMessage, limits: BodyLimits, announced: number): Promise<Buffer> {
  const { maxBytes, timeoutMs = defaultTimeoutMs, lease } = limits;
  return new Promise((resolve, reject) => {
    if (request.destroyed) return reject(cutOff());
    const chunks: Buffer[] = [];
    let size = 0;
    let isWhole = false;
    const stop = (error: GatewayError) => {
      clearTimeout(timer);
      request.off('data', take).pause();
      chunks.length = 0;
      reject(error);
    };
    const timer = setTimeout(() => stop(tooSlow()), timeoutMs);
    const take = (chunk: Buffer) => {
      size += chunk.length;
      if (size > maxBytes) stop(tooLarge(maxBytes));
      else if (announced === 0 && lease?.grow(chunk.length) === false) stop(overloaded());
      else chunks.push(chunk);
    };
    request
      .on('data', take)
      .once('end', () => {
        clearTimeout(timer);
        isWhole = true;
        resolveAtEndOfTurn(resolve, Buffer.concat(chunks));
      })
      .once('error', (error) => stop(cutOff(error)))
      // After the end there is nothing to report, and an error that is not used costs its stack.
      .once('close', () => isWhole || stop(cutOff()));
  });
}

/** @throws ERR_MEDIA_TYPE unless `Content-Type` is JSON */
export function requireJson(request: IncomingMessage): void {
  if (!isJsonMediaType(request.headers['content-type'])) {
    throw new GatewayError('ERR_MEDIA_TYPE', 'the body must be JSON: send Content-Type: application/json');
  }
}

/** Most objects and lists of a body. Each costs memory and time far beyond its two bytes. */
const mostContainers = 100_000;
/** Code that follows a value into its members ends here at the latest; the stack has room for a few thousand. */
const deepestNesting = 1_000;

/** @throws ERR_REQUEST_INVALID when the text is not JSON, or {@link assertBoundedJson} refuses it; the text is not repeated. */
export function parseBody(body: Buffer): unknown {
  assertBoundedJson(body);
  try {
    return parseJson(textOfBytes([body]));
  } catch (error) {
    throw new GatewayError('ERR_REQUEST_INVALID', 'the body is not JSON', { cause: error });
  }
}

/** @throws ERR_REQUEST_INVALID when JSON has too many objects and lists, or too many within one another */
export function assertBoundedJson(body: Uint8Array): void {
  // Each takes a byte at least.
  if (body.length <= deepestNesting) return;
  const { containers, depth } = shapeOf(body);
  if (containers > mostContainers) {
    throw new GatewayError('ERR_REQUEST_INVALID', 'the body has too many objects and lists');
  }
  if (depth > deepestNesting) {
    throw new GatewayError('ERR_REQUEST_INVALID', `objects and lists are nested deeper than ${deepestNesting}`);
  }
}

const [quote = 0, backslash = 0] = Buffer.from('"\\');
/** By byte: +1 opens an object or a list, -1 closes one. */
const nesting = new Int8Array(256);
for (const byte of Buffer.from('[{')) nesting[byte] = 1;
for (const byte of Buffer.from(']}')) nesting[byte] = -1;

function shapeOf(body: Uint8Array): { readonly containers: number; readonly depth: number } {
  let containers = 0;
  let open = 0;
  let depth = 0;
  for (let at = 0; at < body.length; at += 1) {
    const byte = body[at] ?? 0;
    if (byte === quote) at = endOfText(body, at + 1);
    const change = nesting[byte] ?? 0;
    open += change;
    if (change > 0) containers += 1;
    if (open > depth) depth = open;
  }
  return { containers, depth };
}

/** @returns the place of the quote that ends a text, or the end of the body */
function endOfText(body: Uint8Array, from: number): number {
  let at = from;
  while (at < body.length && body[at] !== quote) at += body[at] === backslash ? 2 : 1;
  return at;
}
