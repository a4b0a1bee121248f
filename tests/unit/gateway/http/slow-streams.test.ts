import { connect, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { createHttpListener, type HttpListener } from '../../../../gateway/http/http-listener.ts';
import { eventually } from '../../../support/child-server.ts';

/** More than the buffers of the system hold of a connection on loopback. */
const pieceBytes = 16 * 1024 * 1024;
const unreadMs = 1_500;

const listeners: HttpListener[] = [];
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await Promise.all(listeners.splice(0).map((listener) => listener.drain(0)));
});

/** A stream of one large piece, and a connection that has asked for it and reads nothing by itself. */
async function ask() {
  const ended: boolean[] = [];
  const listener = createHttpListener({
    handle: async () => ({
      ...{ status: 200, headers: { 'content-type': 'text/event-stream' }, body: '' },
      stream: async (out) => void ended.push(await out.write(Buffer.alloc(pieceBytes, 'x'))),
    }),
    ...{ clientIp: () => '192.0.2.1', headersFor: () => ({}), onError: () => {}, onDone: () => {} },
    limits: { unreadMs },
  });
  listeners.push(listener);
  const port = await listener.listen(0, '127.0.0.1');
  const socket = connect(port, '127.0.0.1').on('error', () => {});
  sockets.push(socket);
  socket.write('GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n');
  return { socket, ended, listener };
}

test('a stream that is read slowly is not cut, however long a piece takes', async () => {
  const { socket, ended } = await ask();
  let received = 0;
  socket.on('readable', () => {});
  const reading = setInterval(() => (received += (socket.read() as Buffer | null)?.length ?? 0), 20);
  await eventually(() => received > pieceBytes, 60_000).finally(() => clearInterval(reading));
  expect(ended).toEqual([true]);
}, 70_000);

test('a stream that is not read is cut, and its writer learns it', async () => {
  const { ended, listener } = await ask();
  await eventually(() => ended.length > 0, 30_000);
  expect(ended).toEqual([false]);
  await eventually(() => listener.connections() === 0);
}, 40_000);
