import { once } from 'node:events';
import { createConnection } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import {
  type NatsConnection,
  NatsConnectionImpl,
  type NodeConnectionOptions,
  setTransportFactory,
} from '@nats-io/transport-node';
import { NodeTransport, nodeResolveHost } from '@nats-io/transport-node/lib/node_transport.js';

/** A connection to NATS that comes back by itself. */
export interface NatsLink {
  /** @returns undefined: there is no connection now. Waits only for the very first one, and not for long. */
  current(): Promise<NatsConnection | undefined>;
  /** Why there is no connection, as far as it is known. */
  problem(): unknown;
  /** Resolves when the connection is closed and no other one is tried. */
  close(): Promise<void>;
}

/** How long to wait between attempts. */
const retryMs = 250;

/** Dead connections are found within seconds, and tried again for ever. */
const reconnection = {
  maxReconnectAttempts: -1,
  reconnectTimeWait: 250,
  reconnectJitter: 100,
  pingInterval: 2_000,
  maxPingOut: 2,
  ignoreClusterUpdates: true,
} as const;

/**
 * The client's own transport, which leaves the socket of an attempt open that ran out of time: with a server that hangs, sockets would
 * add up, and a command would not end.
 */
class ClosingTransport extends NodeTransport {
  override async dial({ hostname, port }: { readonly hostname: string; readonly port: number }) {
    // Known before it is connected, so that `discard` destroys it.
    this.socket = createConnection({ host: hostname, port, noDelay: true });
    await once(this.socket, 'connect');
    return this.socket.removeAllListeners();
  }

  override close(error?: Error): Promise<void> {
    if (!this.connected) this.discard();
    return super.close(error);
  }
}

function connect(options: NodeConnectionOptions): Promise<NatsConnection> {
  setTransportFactory({ factory: () => new ClosingTransport(), dnsResolveFn: nodeResolveHost });
  return NatsConnectionImpl.connect(options);
}

/**
 * Connects in the background, for as long as it takes. The client's own wait for a first connection names no
 * reason meanwhile and cannot be ended. `onConnected` is called after every (re)connection,
 * `onLost` when it breaks.
 */
export function keepNatsConnected(
  options: NodeConnectionOptions & { readonly timeout: number },
  listener: { onConnected(nc: NatsConnection): void; onLost(): void },
): NatsLink {
  const closing = new AbortController();
  const first = Promise.withResolvers<void>();
  let live: NatsConnection | undefined;
  let problem: unknown;

  async function run(): Promise<void> {
    while (!closing.signal.aborted) {
      const nc = await connect({ ...reconnection, ...options }).catch((error: unknown) => {
        problem = error;
        return undefined;
      });
      if (nc === undefined) {
        await delay(retryMs, undefined, { signal: closing.signal, ref: false }).catch(() => {});
        continue;
      }
      // Closed while it connected: a connection that closes reports nothing to a listener that comes after that.
      await (closing.signal.aborted ? nc.close() : follow(nc));
    }
  }

  /** Until this connection is closed for good; it reconnects by itself meanwhile. */
  async function follow(nc: NatsConnection): Promise<void> {
    const close = () => void nc.close();
    closing.signal.addEventListener('abort', close);
    arrived(nc);
    for await (const status of nc.status()) {
      if (status.type === 'reconnect') arrived(nc);
      if (status.type === 'error') problem = status.error;
      if (status.type === 'disconnect' || status.type === 'staleConnection') lost();
    }
    lost();
    closing.signal.removeEventListener('abort', close);
  }

  function arrived(nc: NatsConnection): void {
    live = nc;
    stopWaiting();
    listener.onConnected(nc);
  }

  function lost(): void {
    live = undefined;
    listener.onLost();
  }

  // In the background: a gateway starts also while NATS is down.
  const finished = run();
  // Keeps the process of a command, which has nothing else to do, until its caller is answered.
  const waiting = setTimeout(first.resolve, options.timeout);
  function stopWaiting(): void {
    clearTimeout(waiting);
    first.resolve();
  }
  return {
    async current() {
      if (live === undefined) await first.promise;
      return live;
    },
    problem: () => problem,
    async close() {
      closing.abort();
      stopWaiting();
      await finished;
    },
  };
}

/** A store's URL, taken apart. */
export interface NatsUrl {
  readonly connection: Pick<NodeConnectionOptions, 'servers' | 'user' | 'pass' | 'token' | 'tls'>;
  readonly bucket: string;
  /** Copies of the bucket in a cluster; applies when it is made. */
  readonly replicas: number;
}

/**
 * `nats://user:password@host:4222`, `nats://token@host`; `tls://` or `?tls=true` for TLS; `?bucket=` and `?replicas=` for
 * the bucket.
 * @throws TypeError when it is not a URL.
 */
export function parseNatsUrl(text: string): NatsUrl {
  const url = new URL(text);
  const user = decodeURIComponent(url.username);
  const pass = decodeURIComponent(url.password);
  const tls = url.protocol === 'tls:' || url.searchParams.get('tls') === 'true';
  return {
    connection: {
      servers: `${url.hostname}:${url.port || '4222'}`,
      ...(pass !== '' ? { user, pass } : user !== '' ? { token: user } : {}),
      ...(tls ? { tls: {} } : {}),
    },
    bucket: url.searchParams.get('bucket') ?? 'noetl_gateway_sessions',
    replicas: Number(url.searchParams.get('replicas') ?? 1),
  };
}
