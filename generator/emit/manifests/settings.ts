import { distance } from 'fastest-levenshtein';
import { isMemoryStore, storePort, usualStorePlaces } from '../../../gateway/config/addresses.ts';
import { type EnvRef, fallbackOf, isEnvRef } from '../../../gateway/config/environment.ts';
import type { GatewayConfig, ResolvedConfig } from '../../../gateway/config/gateway-config.ts';
import type { IssuerEntry } from '../../../gateway/config/issuers.ts';
import {
  checkDeclaration,
  type DeclaredSections,
  declaredSections,
  resolveDeploy,
} from '../../../gateway/config/resolve-config.ts';
import { GatewayError } from '../../../plugins/errors.ts';

/** Standard variables of OpenTelemetry and of Node, which the process reads beside its configuration. */
const processVariables = [
  'HTTPS_PROXY',
  'NODE_EXTRA_CA_CERTS',
  'NODE_USE_ENV_PROXY',
  'NO_PROXY',
  'OTEL_EXPORTER_OTLP_ENDPOINT',
  'OTEL_METRICS_EXPORTER',
  'OTEL_RESOURCE_ATTRIBUTES',
  'OTEL_SERVICE_NAME',
  'OTEL_TRACES_EXPORTER',
  'OTEL_TRACES_SAMPLER',
  'OTEL_TRACES_SAMPLER_ARG',
] as const;

/** Names that people and other manifests hold on to. */
export const names = {
  app: 'noetl-gateway',
  internalService: 'noetl-gateway-internal',
  configMap: 'noetl-gateway-config',
  /** An optional ConfigMap with certificates of private authorities. */
  certificates: 'noetl-gateway-ca',
} as const;

/**
 * What the manifests are made of, all of it from the declaration. Environment references count with their fallbacks:
 * the manifests carry those as the ConfigMap's values.
 * @param version the tag of an image that has none
 * @throws ERR_CONFIG_INVALID when the declaration cannot be used, for example a name in `deploy` that Kubernetes refuses
 */
export function manifestSettings(config: GatewayConfig, version: string) {
  // The rows have been checked by now.
  checkDeclaration({ ...config, operations: {} });
  checkVariables(config);
  const deploy = resolveDeploy(config);
  const sections = declaredSections(config);
  const store = String(fallbackOf(sections.sessions.store) ?? 'memory:');
  return {
    namespace: deploy.namespace,
    image: hasTag(deploy.image) ? deploy.image : `${deploy.image}:${version}`,
    imagePullPolicy: 'IfNotPresent' as const,
    replicas: deploy.replicas,
    /** Where the session store is shared. */
    minReplicas: Math.max(2, deploy.replicas),
    maxReplicas: Math.max(10, deploy.replicas),
    publicPort: numberOf(sections.listen.port, 8090),
    internalPort: numberOf(sections.listen.internalPort, 8091),
    /** The variables of single settings; undefined where the declaration fixes the value. */
    variables: {
      publicPort: nameOf(sections.listen.port),
      internalPort: nameOf(sections.listen.internalPort),
      /** The URL under which playbooks reach this very pod. */
      internalUrl: nameOf(sections.listen.internalUrl),
      upstream: nameOf(sections.upstream.baseUrl),
      store: nameOf(sections.sessions.store),
      /** Accepts sessions in memory; undefined also where sessions are in a store. */
      acceptMemory: isMemoryStore(store) ? nameOf(sections.sessions.acceptMemory) : undefined,
    },
    drainSecs: numberOf(sections.listen.drainSecs, 25),
    ...variablesOf(config, sections),
    required: requiredVariables(sections),
    secretName: 'noetl-gateway-secrets',
    noetl: { namespace: deploy.noetlNamespace, port: portOf(String(fallbackOf(sections.upstream.baseUrl)), 8082) },
    /** Namespaces that may reach NoETL beside the gateway's. */
    trustedNamespaces: deploy.trustedNamespaces.toSorted(),
    /** Sessions are in the memory of each pod unless the environment names a store. */
    hasMemorySessions: isMemoryStore(store),
    store: storeTarget(store),
    issuerPorts: issuerPorts(sections),
    /** Namespaces of issuers inside the cluster. */
    issuerNamespaces: deploy.issuerNamespaces.toSorted(),
    host: deploy.host ?? 'gateway.example.com',
    /** Undefined is the cluster's default class. */
    ingressClass: deploy.ingress.className,
    ingressAnnotations: annotationsOf(deploy.ingress),
    tlsSecret: deploy.ingress.tlsSecret,
    resources: podResources(deploy.resources),
    memoryLimitMib: deploy.resources.memoryLimitMib,
    runbookUrl: deploy.runbookUrl,
  };
}

export type ManifestSettings = ReturnType<typeof manifestSettings>;

/**
 * The variables of a pod: `environment` is not secret and has a default, `unset` has none, `secrets` are keys of the
 * Secret, and a pod starts without those that are `optional`; those that are `free` it never needs, also where the
 * manifests require the Secret.
 */
function variablesOf(config: GatewayConfig, { sessions, listen, upstream }: DeclaredSections) {
  // A process alone starts with sessions in memory; a deployment has to accept them.
  const entries = environmentEntries(config).map((entry) =>
    entry.env === nameOf(sessions.acceptMemory) && !hasValue(entry.fallback) ? { ...entry, fallback: false } : entry,
  );
  const plain = entries.filter((entry) => !entry.secret && entry.env !== nameOf(listen.internalUrl));
  const [set, unset] = [
    plain.filter((entry) => hasValue(entry.fallback)),
    plain.filter((entry) => !hasValue(entry.fallback)),
  ];
  return {
    environment: Object.fromEntries(set.map((entry) => [entry.env, String(entry.fallback)])),
    unset: [...unset.map((entry) => entry.env), ...processVariables],
    secrets: entries
      .filter((entry) => entry.secret)
      .map(({ env, fallback }) => ({
        name: env,
        optional: fallback !== undefined,
        free: env === nameOf(upstream.token) && fallback !== undefined,
      })),
  };
}

/** One environment variable that the declaration reads. */
type EnvironmentEntry = EnvRef<string | number | boolean>;

/**
 * Every environment variable that the declaration reads, once each, sorted by name. A name that is secret in one place
 * is secret in all; of several fallbacks the first counts.
 */
export function environmentEntries(config: GatewayConfig): readonly EnvironmentEntry[] {
  // `deploy` and code do not come from the environment of the process.
  const { deploy: _deploy, adapters: _adapters, ...served } = declaredSections(config);
  const found = new Map<string, EnvironmentEntry>();
  const headers = Object.values(config.operations).map((row) => ('headers' in row ? row.headers : undefined));
  for (const ref of references([served, headers])) {
    const known = found.get(ref.env);
    found.set(ref.env, known === undefined ? ref : { ...known, secret: known.secret || ref.secret });
  }
  return [...found.values()].sort((a, b) => (a.env < b.env ? -1 : 1));
}

function references(value: unknown): readonly EnvironmentEntry[] {
  if (isEnvRef(value)) return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(references);
}

/** Names this near are one name and a misspelling of it. */
const misspelling = 2;

/**
 * Refuses names of variables in the declaration that are a default name but for a letter or two: the manifests and the
 * chart would offer the misspelt one, and the one that operators set would have no effect.
 * @throws ERR_CONFIG_INVALID with a line for each
 */
function checkVariables(config: GatewayConfig): void {
  const known = environmentEntries({ operations: {}, roles: [], grants: [] }).map(({ env }) => env);
  const problems = environmentEntries(config).flatMap(({ env }) => {
    if (known.includes(env)) return [];
    const near = known.find((name) => distance(name, env) <= misspelling);
    return near === undefined ? [] : [`env('${env}'): did you mean ${near}? Choose a name that is not so near to it`];
  });
  if (problems.length === 0) return;
  throw new GatewayError('ERR_CONFIG_INVALID', 'a variable in gateway.config.ts is misspelt', { problems });
}

/** What is left of ephemeral storage beside the read-only file system is the log, which the node rotates. */
const podResources = (given: ResolvedConfig['deploy']['resources']) => ({
  requests: { cpu: given.cpu, memory: `${given.memoryMib}Mi`, 'ephemeral-storage': '64Mi' },
  limits: { cpu: given.cpuLimit, memory: `${given.memoryLimitMib}Mi`, 'ephemeral-storage': '256Mi' },
});

/** Sorted, so that the order of the config makes no change in the manifests. */
const annotationsOf = ({ annotations }: ResolvedConfig['deploy']['ingress']): Record<string, string> =>
  Object.fromEntries(
    Object.entries(annotations)
      .flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]))
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );

function nameOf(value: unknown): string | undefined {
  return isEnvRef(value) ? value.env : undefined;
}

function numberOf(value: unknown, otherwise: number): number {
  const fallback = fallbackOf(value);
  return typeof fallback === 'number' ? fallback : otherwise;
}

function hasValue(value: unknown): boolean {
  return value !== undefined && value !== '';
}

/** A digest, or a tag after the last slash. */
function hasTag(image: string): boolean {
  return image.includes('@') || image.slice(image.lastIndexOf('/') + 1).includes(':');
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value];
}

/**
 * Of each group one variable must be set, or the process does not start; the placeholder is an example value. They are
 * the lists that must not be empty: where no literal and no fallback fills one, one of its variables has to. A config
 * with issuers of its own needs no variable.
 */
function requiredVariables(
  sections: DeclaredSections,
): readonly { readonly names: readonly string[]; readonly placeholder: string }[] {
  if ((sections.auth.issuers ?? []).length > 0) return [];
  const wanted = [
    { list: listOf(sections.auth.trustedIssuers), placeholder: 'https://tenant.example.com/' },
    { list: listOf(sections.auth.audiences), placeholder: 'https://gateway.example.com/' },
  ];
  return wanted
    .filter(({ list }) => list.some(isEnvRef) && !list.some((item) => hasValue(fallbackOf(item))))
    .map(({ list, placeholder }) => ({ names: list.filter(isEnvRef).map((ref) => ref.env), placeholder }));
}

/**
 * Where the session store listens: read from the declaration's URL, else where NoETL's deployments keep such stores.
 */
function storeTarget(store: string): { readonly namespaces: readonly string[]; readonly ports: readonly number[] } {
  if (!URL.canParse(store)) return usualStorePlaces;
  const url = new URL(store);
  const [, namespace, kind] = url.hostname.split('.');
  const port = storePort(url.protocol);
  if (namespace === undefined || kind !== 'svc' || port === undefined) return usualStorePlaces;
  return { namespaces: [namespace], ports: [portOf(store, port)] };
}

function portOf(text: string, otherwise: number): number {
  if (!URL.canParse(text)) return otherwise;
  const url = new URL(text);
  if (url.port !== '') return Number(url.port);
  return url.protocol === 'https:' ? 443 : url.protocol === 'http:' ? 80 : otherwise;
}

function issuerPorts(sections: DeclaredSections): readonly number[] {
  const named = [...listOf(sections.auth.trustedIssuers), ...addressesOf(sections.auth.issuers ?? [])]
    .flatMap((item) => String(fallbackOf(item) ?? '').split(','))
    .map((issuer) => portOf(issuer.trim(), 443));
  return [...new Set([443, ...named])].sort((a, b) => a - b);
}

/** Where the process asks the issuers of `auth.issuers`. */
function addressesOf(issuers: readonly IssuerEntry[]): readonly unknown[] {
  return issuers.flatMap(({ issuer, discoveryUrl, jwksUrl }) => [issuer, discoveryUrl ?? '', jwksUrl ?? '']);
}
