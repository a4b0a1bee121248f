import { env } from './env.ts';
import type { GatewayConfig } from './gateway-config.ts';
import { isMemoryStore } from './store-kinds.ts';

/** The namespace in the address of a Service, `http://noetl.flows.svc.cluster.local:8082`; undefined for other hosts. */
export function namespaceOf(url: URL): string | undefined {
  return /^[^.]+\.([^.]+)\.svc(?:\.|$)/.exec(url.hostname)?.[1];
}

/**
 * A declaration with the defaults that other values of it decide: NoETL is in the namespace that `deploy.noetlNamespace`
 * names, and a login adapter is the login.
 */
export function withDerivedValues<C extends Partial<GatewayConfig>>(config: C): C {
  return withBaseUrl(withLogin(config));
}

/** An adapter without options gets every verified identity, and its sessions are checked again. */
function withLogin<C extends Partial<GatewayConfig>>(config: C): C {
  if (config.adapters?.login === undefined || config.auth?.login !== undefined) return config;
  return { ...config, auth: { ...config.auth, login: { kind: 'custom' } } };
}

function withBaseUrl<C extends Partial<GatewayConfig>>(config: C): C {
  const namespace = config.deploy?.noetlNamespace;
  if (typeof namespace !== 'string' || config.upstream?.baseUrl !== undefined) return config;
  const baseUrl = env('NOETL_BASE_URL', `http://noetl.${namespace}.svc.cluster.local:8082`);
  return { ...config, upstream: { ...config.upstream, baseUrl } };
}

/** The number of pods by default. Sessions in memory are known to one process only. */
export const usualReplicas = (store: string): number => (isMemoryStore(store) ? 1 : 2);
