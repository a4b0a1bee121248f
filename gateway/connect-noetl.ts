import { type GraphQLSchema, parse } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { parseJson } from '../plugins/json/lossless-json.ts';
import { guardRootResolvers } from '../plugins/noetl-auth/guard-root-resolvers.ts';
import type { NoetlAuthOptions } from '../plugins/noetl-auth/use-noetl-auth.ts';
import type { Observe } from '../plugins/observe.ts';
import type { QueryLimits } from '../plugins/query-limits/use-query-limits.ts';
import type { CallbackRegistry } from './callbacks/callback-registry.ts';
import { ownPathsOf } from './calls/call-plan.ts';
import { fieldRules, pairRootFields, plansOf } from './calls/root-fields.ts';
import { compose } from './compose.ts';
import type { Environment } from './config/environment.ts';
import type { GatewayConfig } from './config/gateway-config.ts';
import { resolveConfig } from './config/resolve-config.ts';
import { createExecutable } from './executable.ts';

export interface ConnectNoetlOptions {
  /** The text of `mesh/generated/schema.graphql`. */
  readonly sdl: string;
  /** The environment of `serve`: the address of NoETL, issuers, the session store. */
  readonly environment: Environment;
  /** Receives decisions, session checks and calls to NoETL, for logs and metrics. Default: they are dropped. */
  readonly observe?: Observe;
}

/** What the plugins need in a server that is not the gateway, connected to NoETL as a config selects it. */
export interface NoetlConnection {
  /** For `useNoetlAuth`. */
  readonly auth: NoetlAuthOptions;
  /** For `useQueryLimits`. */
  readonly limits: Partial<QueryLimits>;
  /**
   * Takes the callbacks of auth playbooks, at the path of `GATEWAY_INTERNAL_URL`. It precedes `useNoetlAuth` in the list of
   * plugins, because a callback has no session: the secret in its address admits it.
   */
  readonly callbacks: Plugin;
  /** The gateway's executable schema, for a server without resolvers of its own; with `resolvers: 'gateway'`. */
  readonly schema: GraphQLSchema;
  close(): Promise<void>;
}

/**
 * Opens the connections that a gateway with this config would have: NoETL, the session store, the validator, the checker.
 * @throws ERR_CONFIG_INVALID for the config or the environment; ERR_POLICY_INVALID when the schema does not fit the config
 */
export async function connectNoetl(declared: GatewayConfig, options: ConnectNoetlOptions): Promise<NoetlConnection> {
  const { sdl, environment, observe = () => {} } = options;
  const { config } = resolveConfig(declared, environment);
  const { fields } = pairRootFields(parse(sdl, { noLocation: true }), config.operations);
  const parts = await compose(config, Date.now, observe, ownPathsOf(plansOf(fields)));
  const executable = createExecutable({ config, sdl, clock: Date.now, observe }, parts);
  const { upstream, store, liveStore, limits } = parts;
  return {
    auth: {
      sessions: parts.sessions,
      checker: parts.checker,
      rules: fieldRules(executable.rootFields),
      executionPath: (id, { caller, requestId }) =>
        executable.pathOfExecution(id, { requestId, user: caller.session.user }),
      introspection: config.auth.introspection,
      unbrokenRun: config.limits.unbrokenRun,
      observe,
    },
    limits: config.limits,
    callbacks: useCallbacks(parts.callbacks, config.listen.internalUrl),
    schema: guardRootResolvers(executable.schema),
    async close() {
      await Promise.allSettled([upstream.close(), store.close(), liveStore.close(), limits.close()]);
    },
  };
}

/** Auth playbooks answer with a few hundred bytes. */
const maxCallbackLength = 256 * 1024;

function useCallbacks(callbacks: Pick<CallbackRegistry, 'handle' | 'isExpected'>, internalUrl: string): Plugin {
  const base = new URL(internalUrl).pathname.replace(/\/+$/, '');
  return {
    async onRequest({ request, url, endResponse, fetchAPI }) {
      if (request.method !== 'POST' || !url.pathname.startsWith(`${base}/`)) return;
      const path = url.pathname.slice(base.length);
      // Bodies are read only of those who know a secret that was issued here.
      if (!callbacks.isExpected(path)) return;
      const text = await request.text();
      const { status, body } = callbacks.handle(path, text.length > maxCallbackLength ? undefined : parsed(text));
      endResponse(fetchAPI.Response.json(body, { status }));
    },
  };
}

/** @returns undefined where it is not JSON */
function parsed(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}
