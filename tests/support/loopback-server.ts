import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface LoopbackServer {
  readonly server: Server;
  /** Without a slash at its end. */
  readonly url: string;
  /** Breaks off what is in flight. */
  close(): Promise<void>;
}

/** An HTTP server of a test, on 127.0.0.1. @param port default: a free one */
export async function serveOnLoopback(listener: RequestListener, port = 0): Promise<LoopbackServer> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    server,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The variables of a gateway in this process, on free ports of 127.0.0.1; no user can log in. */
export const loopbackEnvironment = (noetlUrl: string): Readonly<Record<string, string>> => ({
  NODE_ENV: 'development',
  GATEWAY_BIND: '127.0.0.1',
  ROUTER_PORT: '0',
  GATEWAY_INTERNAL_PORT: '0',
  NOETL_BASE_URL: noetlUrl,
  GATEWAY_TRUSTED_ISSUERS: 'https://tenant.example.com/',
  GATEWAY_AUDIENCES: 'app',
});
