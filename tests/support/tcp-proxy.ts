import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** A TCP proxy in front of a server on this machine: it can be slow, deaf or cut. */
export async function startTcpProxy(targetPort: number) {
  const pairs = new Set<Socket>();
  let delayMs = 0;
  let silent = false;
  let refusing = false;

  const server = createServer((near) => {
    if (refusing) {
      near.destroy();
      return;
    }
    let dead = false;
    const far = connect(targetPort, '127.0.0.1');
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      pairs.add(from);
      from.on('error', () => {});
      from.on('close', () => {
        pairs.delete(from);
        to.destroy();
      });
      from.on('data', (data) => {
        // TCP loses nothing in the middle: what has once been silent stays so.
        dead ||= silent;
        if (dead) return;
        if (delayMs === 0) to.write(data);
        else setTimeout(() => to.destroyed || to.write(data), delayMs);
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const cut = () => {
    for (const socket of pairs) socket.destroy();
  };
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    /** Every piece of data takes this much longer, each way. */
    slowBy(ms: number) {
      delayMs = ms;
    },
    /** Connections that are used now die without a sign. */
    silence(on: boolean) {
      silent = on;
    },
    /** Connections break and new ones are refused. */
    refuse(on: boolean) {
      refusing = on;
      if (on) cut();
    },
    cut,
    async close() {
      cut();
      server.close();
      await once(server, 'close');
    },
  };
}

export type TcpProxy = Awaited<ReturnType<typeof startTcpProxy>>;
