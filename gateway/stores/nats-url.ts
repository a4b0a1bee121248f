import type { NodeConnectionOptions } from '@nats-io/transport-node';

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
