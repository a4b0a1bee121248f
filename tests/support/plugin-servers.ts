import { createServer, type RequestListener } from 'node:http';
import { processDirectives } from '@graphql-mesh/transport-rest';
import { buildSchema } from 'graphql';
import { createYoga, type Plugin } from 'graphql-yoga';
import { createNoetlStandIn } from '../../dev/noetl/stand-in.ts';
import { createHive } from '../../docs/examples/hive.ts';
import type { GatewayConfig } from '../../gateway/config/gateway-config.ts';
import shipped from '../../gateway.config.ts';
import {
  connectNoetl,
  type GatewayEvent,
  type NoetlConnection,
  type Resolvers,
  useErrorRendering,
  useNoetlAuth,
  useQueryLimits,
} from '../../plugins.ts';
import { generatedSdl } from './executor-caller.ts';
import { freePort } from './free-port.ts';

type Listener = RequestListener & AsyncDisposable;

/** A server with the plugins in front of the generated schema. `any`: Mesh's transport calls NoETL. */
interface PluginServer {
  readonly resolvers: Resolvers;
  build(given: { noetl: NoetlConnection; url: URL; plugins: readonly Plugin[] }): Listener;
}

/** Mesh's own resolvers for the generated schema. */
const meshSchema = ({ origin }: URL) =>
  processDirectives(buildSchema(generatedSdl, { assumeValidSDL: true }), {
    endpoint: origin,
    globalFetch: fetch,
  } as unknown as Parameters<typeof processDirectives>[1]);

export const servers: Readonly<Record<'yoga' | 'Hive Gateway' | 'yoga, with the gateway’s schema', PluginServer>> = {
  yoga: {
    resolvers: 'any',
    build: ({ url, plugins }) => createYoga({ schema: meshSchema(url), plugins: [...plugins], ...quiet }),
  },
  'Hive Gateway': {
    resolvers: 'any',
    build: ({ noetl, url }) => createHive(noetl, url) as unknown as Listener,
  },
  'yoga, with the gateway’s schema': {
    resolvers: 'gateway',
    build: ({ noetl, plugins }) => createYoga({ schema: noetl.schema, plugins: [...plugins], ...quiet }),
  },
};

const quiet = { maskedErrors: false, logging: false, landingPage: false } as const;

/** One of the servers on a free port, in front of a stand-in whose sessions last for `sessionMs`. */
export async function startPluginServer(name: keyof typeof servers, sessionMs = 3_600_000) {
  const noetlServer = await createNoetlStandIn({ sessionHours: sessionMs / 3_600_000 });
  const port = await freePort();
  const events: GatewayEvent[] = [];
  const noetl = await connectNoetl(shipped as unknown as GatewayConfig, {
    sdl: generatedSdl,
    environment: {
      NOETL_BASE_URL: noetlServer.url.origin,
      GATEWAY_TRUSTED_ISSUERS: 'https://issuer.example.com',
      GATEWAY_AUDIENCES: 'app',
      GATEWAY_INTERNAL_URL: `http://127.0.0.1:${port}/hooks`,
    },
    observe: (event) => events.push(event),
  });
  const plugins = [
    noetl.callbacks,
    useNoetlAuth({ ...noetl.auth, resolvers: servers[name].resolvers }),
    useQueryLimits(noetl.limits),
    useErrorRendering({ report: () => {} }),
  ];
  const listener = servers[name].build({ noetl, url: noetlServer.url, plugins });
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));

  async function ask(query: string, token: string | undefined) {
    const response = await fetch(`http://127.0.0.1:${port}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json',
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify({ query }),
    });
    const text = await response.text();
    const { data, errors = [] } = JSON.parse(text) as {
      data?: Record<string, unknown> | null;
      errors?: readonly { readonly extensions: { readonly code: string } }[];
    };
    return { status: response.status, text, data, codes: errors.map(({ extensions }) => extensions.code) };
  }
  return {
    ask,
    events,
    noetl: noetlServer,
    tokenOf: (role: string) => noetlServer.openSession(`${role}@example.com`).token,
    /** How often the auth playbook was asked about a token. */
    validations: (token: string) =>
      noetlServer.requests.filter(({ path, body }) => path === '/api/execute' && JSON.stringify(body).includes(token))
        .length,
    /** What NoETL was asked for beside the validation of sessions. */
    asked: () =>
      noetlServer.requests
        .map(({ method, path, body }) =>
          `${method} ${path} ${(body as { path?: string } | undefined)?.path ?? ''}`.trim(),
        )
        .filter((line) => !line.includes('auth0_validate_session')),
    async close() {
      server.closeAllConnections();
      server.close();
      await listener[Symbol.asyncDispose]?.();
      await noetl.close();
      await noetlServer.close();
    },
  };
}
