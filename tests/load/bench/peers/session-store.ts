import { createServer, type Socket } from 'node:net';
import process from 'node:process';

/**
 * What the earlier gateway needs beside NoETL: its key-value store, in which every token has a session, and its feed of
 * events, on which nothing comes. Both are at one address. A frame of the store is a length in four bytes, big-endian,
 * and JSON.
 */
const lengthBytes = 4;

const server = createServer((socket) => {
  let pending: Buffer = Buffer.alloc(0);
  socket.setNoDelay(true);
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk) => {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    if (pending.toString('latin1', 0, lengthBytes) !== 'GET ') pending = answerFrames(socket, pending);
    else {
      // The feed gets no answer, and the bench its own.
      if (pending.includes('/health')) socket.end('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n');
      pending = Buffer.alloc(0);
    }
  });
});
server.listen(Number(process.env['ROUTER_PORT']), '127.0.0.1');

/** Answers each whole frame. @returns the bytes that are left */
function answerFrames(socket: Socket, bytes: Buffer): Buffer {
  let at = 0;
  while (bytes.length - at >= lengthBytes) {
    const end = at + lengthBytes + bytes.readUInt32BE(at);
    if (bytes.length < end) break;
    socket.write(frameOf(answerTo(bytes.toString('utf8', at + lengthBytes, end))));
    at = end;
  }
  return bytes.subarray(at);
}

function answerTo(request: string): unknown {
  const { Get: get } = JSON.parse(request) as { readonly Get?: { readonly bucket: string; readonly key: string } };
  return get?.bucket === 'sessions' ? { ok: true, value: JSON.stringify(sessionOf(get.key)) } : { ok: true };
}

const sessionOf = (token: string) => ({
  session_token: token,
  user_id: 1,
  email: 'bench@example.com',
  display_name: 'Bench',
  expires_at: '2099-01-01T00:00:00Z',
  is_active: true,
  roles: ['analyst'],
});

function frameOf(value: unknown): Buffer {
  const json = Buffer.from(JSON.stringify(value));
  const frame = Buffer.alloc(lengthBytes + json.length);
  frame.writeUInt32BE(json.length);
  json.copy(frame, lengthBytes);
  return frame;
}
