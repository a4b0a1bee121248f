import { devNull } from 'node:os';
import process from 'node:process';
import type { GatewayConfig } from '../../../gateway/config/gateway-config.ts';
import shipped from '../../../gateway.config.ts';

/** The session token that every request of the load bears. The static validator of {@link addedConfig} knows it. */
export const benchToken = 'noetl-session-of-the-bench';

/**
 * Beside the shipped config: a session that needs no NoETL, and no limits of one user, who makes all requests here.
 * It is plain data: `processes.ts` writes it as JSON into the project that the built package serves.
 */
export const addedConfig = {
  auth: {
    validator: {
      kind: 'static',
      users: [{ token: benchToken, userId: '1', displayName: 'Bench', roles: ['analyst'] }],
    },
  },
  limits: {
    startsPerSecond: 1_000_000,
    callsPerSecond: 1_000_000,
    startsAtOnce: 256,
  },
  // A start writes a line to the audit log. The line is made and written, as in production, but no disk is measured.
  observability: { auditTo: devNull },
} as const;

/**
 * The config of the gateway's peers. `BENCH_FRESH`: no finished execution is kept, and no poll is answered by an
 * earlier one.
 */
export const benchConfig: GatewayConfig = {
  ...(shipped as unknown as GatewayConfig),
  ...addedConfig,
  ...(process.env['BENCH_FRESH'] === undefined ? {} : { executions: { staleMs: 0, keepBytes: 1_048_576 } }),
};

/**
 * What `serve` and the peers are started with. Port 0: the system chooses one. Nothing listens at the issuer's address,
 * as no user logs in here.
 * @param upstream base URL of the recorded NoETL
 */
export const benchEnvironment = (upstream: string): Readonly<Record<string, string>> => ({
  NODE_ENV: 'development',
  GATEWAY_BIND: '127.0.0.1',
  ROUTER_PORT: '0',
  GATEWAY_INTERNAL_PORT: '0',
  NOETL_BASE_URL: upstream,
  GATEWAY_TRUSTED_ISSUERS: 'http://127.0.0.1:1/',
  GATEWAY_AUDIENCES: 'bench',
});
