import type { Socket } from 'node:net';
import { buildConnector } from 'undici';

/** What one read of a socket brings at most. */
const readBytes = 32 * 1024;
/** A longer body is not copied to leave together with its headers. */
const joinedBytes = 16 * 1024;

/**
 * Opens plain connections to NoETL that cost less for each message. By itself Node makes a buffer of 64 KiB for each read, and hands
 * it on in a later tick. Here each socket reads into a buffer of its own, and a copy of what came is handed on at once.
 * Headers and a short body leave as one text. All else is left to undici and Node.
 * @param timeoutMs for opening a connection
 */
export function createSocketConnector(timeoutMs: number): buildConnector.connector {
  return (to, callback) => {
    const buffer = Buffer.allocUnsafeSlow(readBytes);
    // Nothing is read before the connection is open.
    let receive: (chunk: Buffer) => boolean;
    const onread = { buffer, callback: (bytes: number) => receive(Buffer.from(buffer.subarray(0, bytes))) };
    buildConnector({ timeout: timeoutMs, onread })(to, (...outcome) => {
      const [error, socket] = outcome;
      if (error === null) {
        receive = readAtOnce(socket);
        writeInOne(socket);
      }
      callback(...outcome);
    });
  };
}

/**
 * Lets the reader of a socket take a chunk while it arrives. What it does not take then is put into the socket's own queue, which
 * also keeps the order when the reader has paused.
 * @returns receives what came; false: no more is to be read until the queue has been emptied
 */
function readAtOnce(socket: Socket): (chunk: Buffer) => boolean {
  let arriving: Buffer | undefined;
  const readQueue = socket.read;
  socket.read = (size?: number) => {
    if (arriving === undefined || size !== undefined) return readQueue.call(socket, size);
    const chunk = arriving;
    arriving = undefined;
    return chunk;
  };
  return (chunk) => {
    if (socket.readableLength > 0) return socket.push(chunk);
    arriving = chunk;
    socket.emit('readable');
    if (arriving === undefined) return true;
    arriving = undefined;
    return socket.push(chunk);
  };
}

/** Writes that wait together, as headers and body do, leave as one text of bytes if they are short. */
function writeInOne(socket: Socket): void {
  const writeMany = socket._writev;
  socket._writev = (chunks, done) => {
    const text = textOf(chunks);
    if (text === undefined) writeMany?.call(socket, chunks, done);
    else socket._write(text, 'latin1', done);
  };
}

type Chunks = Parameters<NonNullable<Socket['_writev']>>[0];

/** @returns a character for each byte; undefined when they are long, or not all bytes or latin1 */
function textOf(chunks: Chunks): string | undefined {
  let text = '';
  for (const { chunk, encoding } of chunks) {
    const isText = typeof chunk === 'string';
    if (isText ? encoding !== 'latin1' : !Buffer.isBuffer(chunk)) return undefined;
    if (text.length + chunk.length > joinedBytes) return undefined;
    text += isText ? chunk : chunk.latin1Slice();
  }
  return text;
}
