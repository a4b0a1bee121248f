import { once } from 'node:events';
import { createServer } from 'node:net';

/** Listens for a moment. */
export async function listenOnce(port: number, host: string): Promise<number> {
  const server = createServer().listen(port, host);
  await once(server, 'listening');
  server.close();
  await once(server, 'close');
  return port;
}
