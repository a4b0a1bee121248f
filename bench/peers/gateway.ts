import { readFile } from 'node:fs/promises';
import { devNull } from 'node:os';
import type { GatewayConfig } from '../../core/config/gateway-config.ts';
import { resolveConfig } from '../../core/config/resolve-config.ts';
import shipped from '../../gateway.config.ts';
import { createGateway } from '../../server/gateway.ts';
import { given, reportPeer } from './peer-process.ts';

/** The gateway as `serve` runs it, with a session that needs no NoETL. */
const declaration: GatewayConfig = {
  ...(shipped as unknown as GatewayConfig),
  auth: {
    validator: {
      kind: 'static',
      users: [{ token: given('BENCH_TOKEN'), userId: '1', displayName: 'Bench', roles: ['analyst'] }],
    },
  },
  // One user makes all requests here; the peers have no such limits.
  limits: {
    startsPerSecond: 1_000_000,
    startsBurst: 1_000_000,
    callsPerSecond: 1_000_000,
    callsBurst: 1_000_000,
    userCallsAtOnce: 256,
    startsAtOnce: 256,
  },
  observability: { auditTo: devNull, logLevel: 'info' },
};
const { config } = resolveConfig(declaration, {
  NODE_ENV: 'development',
  GATEWAY_BIND: '127.0.0.1',
  ROUTER_PORT: '0',
  GATEWAY_INTERNAL_PORT: '0',
  NOETL_BASE_URL: given('BENCH_UPSTREAM'),
  GATEWAY_TRUSTED_ISSUERS: 'http://127.0.0.1:1/',
  GATEWAY_AUDIENCES: 'bench',
});
const sdl = await readFile(new URL('../../mesh/generated/schema.graphql', import.meta.url), 'utf8');
const gateway = await createGateway({ config, sdl });
const { port } = await gateway.listen();
reportPeer(port);
