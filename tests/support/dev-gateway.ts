import { readFile } from 'node:fs/promises';
import { devNull } from 'node:os';
import { type DevGateway, startDev } from '../../dev/start-dev.ts';
import type { GatewayConfig } from '../../gateway/config/gateway-config.ts';
import shipped from '../../gateway.config.ts';
import { freePort } from './free-port.ts';
import { keyPair } from './key-pairs.ts';

/** The whole development gateway on free ports, silent, under the shipped config or another one. */
export async function startDevGateway(
  options: {
    config?: GatewayConfig;
    /** Default: the shipped schema. */
    sdl?: string;
    environment?: Record<string, string>;
    policyFile?: string;
    policyCases?: () => Promise<string | undefined>;
  } = {},
): Promise<DevGateway> {
  const config = options.config ?? (shipped as unknown as GatewayConfig);
  return startDev({
    config: { observability: { auditTo: devNull }, ...config },
    sdl: options.sdl ?? (await readFile(new URL('../../mesh/generated/schema.graphql', import.meta.url), 'utf8')),
    restDocument: await readFile(new URL('../../docs/generated/rest.yaml', import.meta.url), 'utf8'),
    version: '0.0.0-test',
    makeKeyPair: keyPair,
    ...(options.policyFile === undefined ? {} : { policyFile: options.policyFile }),
    ...(options.policyCases === undefined ? {} : { policyCases: options.policyCases }),
    environment: {
      ROUTER_PORT: String(await freePort()),
      GATEWAY_INTERNAL_PORT: String(await freePort()),
      LOG_LEVEL: 'silent',
      CI: '1',
      ...options.environment,
    },
  });
}

/** A GraphQL request as an app sends it. */
export async function graphql(
  url: string,
  token: string | undefined,
  body: unknown,
): Promise<{ status: number; body: { data?: Record<string, unknown>; errors?: { extensions: { code: string } }[] } }> {
  const answer = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: answer.status, body: (await answer.json()) as never };
}
