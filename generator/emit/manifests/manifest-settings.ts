import { type DeclaredSections, declaredSections } from '../../../gateway/config/defaults.ts';
import { fallbackOf, isEnvRef } from '../../../gateway/config/environment.ts';
import type { GatewayConfig, ResolvedConfig } from '../../../gateway/config/gateway-config.ts';
import type { IssuerEntry } from '../../../gateway/config/identity/issuer-entry.ts';
import { checkDeclaration, resolveDeploy } from '../../../gateway/config/resolve-config.ts';
import { isMemoryStore, storePort, usualStorePlaces } from '../../../gateway/config/store-kinds.ts';
import { checkVariables } from './check-variables.ts';
import { environmentEntries } from './environment-entries.ts';
import { podResources } from './resources.ts';

/** A secret variable: which key of the Secret holds it, and whether a pod starts without it. */
interface SecretEntry {
  readonly name: string;
  readonly optional: boolean;
}

/**
 * What the resources are made of, all of it from the declaration. The Helm chart puts template expressions into the
 * same places, so that both ways to deploy render the same resources.
 */
export interface ManifestSettings {
  readonly namespace: string;
  readonly image: string;
  readonly imagePullPolicy: 'Always' | 'IfNotPresent' | 'Never';
  readonly replicas: number;
  /** Least number of pods where the session store is shared. */
  readonly minReplicas: number;
  readonly maxReplicas: number;
  readonly publicPort: number;
  readonly internalPort: number;
  /** The variables that hold the two ports; undefined where the declaration fixes the number. */
  readonly portNames: { readonly public: string | undefined; readonly internal: string | undefined };
  readonly drainSecs: number;
  /**
   * The variable that holds the URL under which playbooks reach this very pod; undefined when the declaration fixes it.
   */
  readonly internalUrlName: string | undefined;
  /** The variables that hold NoETL's address and the session store's; undefined where the declaration fixes them. */
  readonly upstreamName: string | undefined;
  readonly storeName: string | undefined;
  /** The internal URL's value; `$(POD_IP)` is filled in by Kubernetes. */
  readonly internalUrl: string;
  /** Non-secret variables with a default, as the ConfigMap holds them. */
  readonly environment: Readonly<Record<string, string>>;
  /** Non-secret variables without a default. */
  readonly unset: readonly string[];
  /**
   * Of each group one variable must be set, or the process does not start; the placeholder is in place of the real value.
   */
  readonly required: readonly { readonly names: readonly string[]; readonly placeholder: string }[];
  readonly secretName: string;
  readonly secrets: readonly SecretEntry[];
  readonly noetl: { readonly namespace: string; readonly port: number };
  /** Namespaces that may reach NoETL beside the gateway's. */
  readonly trustedNamespaces: readonly string[];
  /** Sessions are in the memory of each pod unless the environment names a store. */
  readonly hasMemorySessions: boolean;
  /** The variable that accepts them; undefined where sessions are in a store, or the declaration decides. */
  readonly acceptMemoryName: string | undefined;
  readonly store: { readonly namespaces: readonly string[]; readonly ports: readonly number[] };
  readonly issuerPorts: readonly number[];
  /** Namespaces of issuers inside the cluster. */
  readonly issuerNamespaces: readonly string[];
  readonly host: string;
  /** The Ingress: undefined is the cluster's default class. */
  readonly ingressClass: string | undefined;
  readonly ingressAnnotations: Readonly<Record<string, string>>;
  readonly tlsSecret: string;
  readonly resources: ReturnType<typeof podResources>;
  /** Memory limit of a pod, MiB. */
  readonly memoryMib: number;
  /** The page with a section for each alert. */
  readonly runbookUrl: string;
  /** Labels beside the usual ones, on every resource. */
  readonly labels: Readonly<Record<string, string>>;
}

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
 * Reads the settings out of a declaration. Environment references count with their fallbacks: the manifests carry those
 * as the ConfigMap's values.
 * @throws ERR_CONFIG_INVALID when the declaration cannot be used, for example a name in `deploy` that Kubernetes
 * refuses.
 */
export function manifestSettings(config: GatewayConfig, version: string): ManifestSettings {
  // The rows have been checked by now.
  checkDeclaration({ ...config, operations: {} });
  checkVariables(config, { operations: {}, roles: [], grants: [] });
  const deploy = resolveDeploy(config);
  const sections = declaredSections(config);
  const acceptMemoryName = nameOf(sections.sessions.acceptMemory);
  // A process alone starts with sessions in memory; a deployment has to accept them.
  const entries = environmentEntries(config).map((entry) =>
    entry.env === acceptMemoryName && !hasValue(entry.fallback) ? { ...entry, fallback: false } : entry,
  );
  const internalPort = numberOf(sections.listen.internalPort, 8091);
  const internalUrlName = nameOf(sections.listen.internalUrl);
  const plain = entries.filter((entry) => !entry.secret && entry.env !== internalUrlName);
  const store = String(fallbackOf(sections.sessions.store) ?? 'memory:');
  const hasMemorySessions = isMemoryStore(store);
  return {
    namespace: deploy.namespace,
    image: hasTag(deploy.image) ? deploy.image : `${deploy.image}:${version}`,
    imagePullPolicy: 'IfNotPresent',
    replicas: deploy.replicas,
    minReplicas: Math.max(2, deploy.replicas),
    maxReplicas: Math.max(10, deploy.replicas),
    publicPort: numberOf(sections.listen.port, 8090),
    internalPort,
    portNames: { public: nameOf(sections.listen.port), internal: nameOf(sections.listen.internalPort) },
    drainSecs: numberOf(sections.listen.drainSecs, 25),
    internalUrlName,
    upstreamName: nameOf(sections.upstream.baseUrl),
    storeName: nameOf(sections.sessions.store),
    internalUrl: `http://$(POD_IP):${internalPort}`,
    environment: Object.fromEntries(
      plain.filter((entry) => hasValue(entry.fallback)).map((entry) => [entry.env, String(entry.fallback)]),
    ),
    unset: [...plain.filter((entry) => !hasValue(entry.fallback)).map((entry) => entry.env), ...processVariables],
    required: requiredVariables(sections),
    secretName: 'noetl-gateway-secrets',
    secrets: entries
      .filter((entry) => entry.secret)
      .map((entry) => ({ name: entry.env, optional: entry.fallback !== undefined })),
    noetl: { namespace: deploy.noetlNamespace, port: portOf(String(fallbackOf(sections.upstream.baseUrl)), 8082) },
    trustedNamespaces: [...deploy.trustedNamespaces].sort(),
    hasMemorySessions,
    acceptMemoryName: hasMemorySessions ? acceptMemoryName : undefined,
    store: storeTarget(store),
    issuerPorts: issuerPorts(sections),
    issuerNamespaces: [...deploy.issuerNamespaces].sort(),
    ...exposureOf(deploy),
    resources: podResources(deploy),
    memoryMib: deploy.resources.memoryLimitMib,
    runbookUrl: deploy.runbookUrl,
    labels: {},
  };
}

const exposureOf = ({ host = 'gateway.example.com', ingress }: ResolvedConfig['deploy']) => ({
  host,
  ingressClass: ingress.className,
  ingressAnnotations: annotationsOf(ingress),
  tlsSecret: ingress.tlsSecret,
});

/** Sorted, so that the order of the config makes no change in the manifests. */
const annotationsOf = ({ annotations }: ResolvedConfig['deploy']['ingress']): Readonly<Record<string, string>> =>
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
 * The lists that must not be empty: where no literal and no fallback fills one, one of its variables has to. A config
 * with issuers of its own needs no variable.
 */
function requiredVariables(sections: DeclaredSections): ManifestSettings['required'] {
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
function storeTarget(store: string): ManifestSettings['store'] {
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
