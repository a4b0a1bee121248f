import { createServer } from 'node:net';

const given = new Set<number>();

/** A port that was free a moment ago, and another one at each call: the system may give a port again at once. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = await portNow();
    if (given.has(port)) continue;
    given.add(port);
    return port;
  }
}

async function portNow(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise<void>((resolve) => void server.close(() => resolve()));
  if (typeof address !== 'object' || address === null) throw new Error('a server without a port');
  return address.port;
}
