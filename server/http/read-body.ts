import type { IncomingMessage } from 'node:http';
import { GatewayError } from '../../core/errors.ts';
import { parseJson } from '../../core/json/lossless-json.ts';
import { isJsonMediaType } from '../../core/json/media-type.ts';
import { resolveAtEndOfTurn } from '../turn.ts';

/**
 * Reads a request's body, counting bytes.
 * @param maxBytes more than that is ERR_BODY_TOO_LARGE, at the header or while reading.
 * @throws ERR_BODY_TOO_LARGE, ERR_MEDIA_TYPE (a content encoding), ERR_REQUEST_INVALID (cut off)
 */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const encoding = request.headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') {
    throw new GatewayError('ERR_MEDIA_TYPE', 'a body must come without content encoding');
  }
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes);
  return bytesOf(request, maxBytes);
}

const tooLarge = (maxBytes: number) =>
  new GatewayError('ERR_BODY_TOO_LARGE', `a body may have ${maxBytes} bytes at most`);

const cutOff = (cause?: unknown) => new GatewayError('ERR_REQUEST_INVALID', 'the body ended early', { cause });

/** By events: an async iterator over the request costs more than the rest of reading. */
function bytesOf(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    if (request.destroyed) return reject(cutOff());
    const chunks: Buffer[] = [];
    let size = 0;
    const take = (chunk: Buffer) => {
      size += chunk.length;
      if (size <= maxBytes) return void chunks.push(chunk);
      request.off('data', take).pause();
      reject(tooLarge(maxBytes));
    };
    request
      .on('data', take)
      .once('end', () => resolveAtEndOfTurn(resolve, Buffer.concat(chunks)))
      .once('error', (error) => reject(cutOff(error)))
      // After the end there is nothing to say, and an error for nobody costs its stack.
      .once('close', () => request.readableEnded || reject(cutOff()));
  });
}

/** @throws ERR_MEDIA_TYPE unless the body says that it is JSON */
export function requireJson(request: IncomingMessage): void {
  if (!isJsonMediaType(request.headers['content-type'])) {
    throw new GatewayError('ERR_MEDIA_TYPE', 'the body must be JSON: send Content-Type: application/json');
  }
}

/** @throws ERR_REQUEST_INVALID when the text is not JSON; the text is not repeated. */
export function parseBody(body: Buffer): unknown {
  try {
    return parseJson(body.toString('utf8'));
  } catch (error) {
    throw new GatewayError('ERR_REQUEST_INVALID', 'the body is not JSON', { cause: error });
  }
}
