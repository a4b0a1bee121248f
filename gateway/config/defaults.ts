import { type Environment, env, isEnvRef } from './environment.ts';
import type { GatewayConfig } from './gateway-config.ts';
import { defaultOf, readValue } from './read-config.ts';
import { auth } from './schema/auth.ts';
import type { Declared, Leaf, Node, Resolved, Section } from './schema/node.ts';
import { sections } from './schema/sections.ts';
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
  return withPreset(withBaseUrl(withLogin(config)));
}

/** What `limits.preset` sets where the config does not. */
const presets = {
  small: { connections: 2_500, bytesInFlight: 4 * 1024 ** 2, validationsAtOnce: 4 },
  large: { connections: 40_000, bytesInFlight: 64 * 1024 ** 2, validationsAtOnce: 64 },
};

function withPreset<C extends Partial<GatewayConfig>>(config: C): C {
  const { preset = 'standard' } = config.limits ?? {};
  return preset === 'small' || preset === 'large'
    ? { ...config, limits: { ...presets[preset], ...config.limits } }
    : config;
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

/** Values that follow from settings, or are the same everywhere: they are part of the resolved config and no settings. */
export const derivedSettings = ({
  limits,
  executions,
  events,
}: Pick<Resolved<typeof sections>, 'limits' | 'executions' | 'events'>) => ({
  limits: {
    // See `ArgumentLimits` of `plugins/noetl-auth/argument-guard.ts`.
    unbrokenRun: 4_000,
    connectionsPerAddress: Math.ceil(limits.connections / 10),
    validationsWaiting: 4 * limits.validationsAtOnce,
    userCallsAtOnce: 2 * limits.startsAtOnce,
    userCallsWaiting: 8 * limits.startsAtOnce,
    callWaitMs: 5_000,
    requestBytesInFlight: limits.bytesInFlight,
    upstreamBytesInFlight: 2 * limits.bytesInFlight,
    responseBytesInFlight: 4 * limits.bytesInFlight,
    checksPerMinute: 10 * limits.loginsPerMinute,
    guessesPerMinute: limits.loginsPerMinute,
    guessesPerMinuteInAll: 10 * limits.loginsPerMinute,
  },
  events: {
    ticketMs: 30_000,
    callbackBytes: 8 * 1024 * 1024,
    streamsPerUser: Math.ceil(events.streams / 5),
    streamsPerAddress: Math.ceil(events.streams / 5),
    pendingPerUser: Math.ceil(events.streams / 5),
  },
  executions: { maxWatches: 10_000 },
  mcp: { maxPlaybooks: 50, waitMs: executions.maxWaitMs, catalogMs: 30_000 },
  sessions: { cacheSize: 10_000, invalidTtlMs: 10_000 },
});

/** The number of pods by default. Sessions in memory are known to one process only. */
export const usualReplicas = (store: string): number => (isMemoryStore(store) ? 1 : 2);

/** A declaration's sections, complete. */
export type DeclaredSections = Declared<typeof sections>;

/** A declaration's sections with every default filled in; references to the environment are unread. */
export function declaredSections(config: Partial<GatewayConfig>): DeclaredSections {
  return fill(sections, withDerivedValues(config)) as DeclaredSections;
}

/** The settings of a config without sections: the variables of NoETL's deployments, and their defaults. */
export const defaultSections: DeclaredSections = declaredSections({});

function fill(node: Node, given: unknown): unknown {
  switch (node.node) {
    case 'leaf':
      return given === undefined ? defaultOf(node) : asSecret(node, given);
    case 'variant':
      return given ?? node.default;
    case 'many':
      return Array.isArray(given) ? given.map((item: unknown) => fill(node.each, item)) : given;
    case 'section':
      return given === undefined && node.isOptional === true ? undefined : fillSection(node, given);
    default:
      return given;
  }
}

function fillSection({ entries }: Section, given: unknown): Record<string, unknown> {
  const values = (given ?? {}) as Readonly<Record<string, unknown>>;
  const filled = Object.entries(entries).map(([name, inner]) => [name, fill(inner, values[name])]);
  return { ...values, ...Object.fromEntries(filled.filter(([, value]) => value !== undefined)) };
}

/** A field that holds a secret makes its variable one, also where `env()` does not. */
const asSecret = ({ secret }: Leaf, given: unknown): unknown =>
  secret && isEnvRef(given) ? { ...given, secret: true } : given;

/** Catalog paths of the three auth playbooks: no caller starts them through the gateway. */
export function reservedPlaybooks(config: GatewayConfig, environment: Environment): string[] {
  const { playbooks } = declaredSections(config).auth;
  const { entries } = auth.entries.playbooks;
  return (['login', 'validateSession', 'checkAccess'] as const).map((name) =>
    String(readValue(entries[name], playbooks[name], environment).raw),
  );
}
