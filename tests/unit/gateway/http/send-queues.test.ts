import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { queueOf, readSendQueues } from '../../../../gateway/http/connections.ts';

/** A connection whose caller reads nothing, and the server's end of it. */
async function connection(bind: string, to: string) {
  const server = createServer().listen(0, bind);
  await once(server, 'listening');
  const { port, family } = server.address() as AddressInfo;
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const caller = connect(port, to).pause();
  const [socket] = await accepted;
  const end = () => {
    caller.destroy();
    socket.destroy();
    server.close();
  };
  return { socket: socket.on('error', () => {}), family, end };
}

describe.runIf(process.platform === 'linux')('the send queue of a connection', () => {
  it.each([
    ['IPv4', '127.0.0.1', '127.0.0.1'],
    ['IPv6', '::1', '::1'],
    ['IPv4 on a socket of IPv6', '::', '127.0.0.1'],
  ])('of %s is what its peer has not acknowledged', async (_name, bind, to) => {
    const { socket, family, end } = await connection(bind, to);
    expect((await readSendQueues(family))?.has(queueOf(socket))).toBe(false);
    // More than a peer acknowledges that reads nothing, and less than the kernel takes.
    const bytes = 1_000_000;
    await new Promise((resolve) => socket.write(Buffer.alloc(bytes), resolve));
    const queued = (await readSendQueues(family))?.get(queueOf(socket)) ?? 0;
    expect(queued).toBeGreaterThan(100_000);
    expect(queued).toBeLessThan(bytes);
    end();
  });

  it('of a closed connection has no name', async () => {
    const { socket, end } = await connection('127.0.0.1', '127.0.0.1');
    end();
    await expect.poll(() => queueOf(socket)).toBe('');
  });
});
