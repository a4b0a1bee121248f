import type { IncomingMessage } from 'node:http';
import { GatewayError } from '../../core/errors.ts';
import { parseJson } from '../../core/json/lossless-json.ts';

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
  const tooLarge = () => new GatewayError('ERR_BODY_TOO_LARGE', `a body may have ${maxBytes} bytes at most`);
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLarge();
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > maxBytes) throw tooLarge();
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof GatewayError) throw error;
    throw new GatewayError('ERR_REQUEST_INVALID', 'the body ended early', { cause: error });
  }
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
}

/** True for `application/json` and kin, with or without parameters. */
export function isJsonMediaType(contentType: string | undefined): boolean {
  const type = contentType?.split(';', 1)[0]?.trim().toLowerCase();
  return type === 'application/json' || type === 'application/graphql+json';
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
