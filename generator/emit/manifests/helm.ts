import { retiredVariables } from '../../../gateway/config/environment.ts';
import { type OutputFile, readAsset } from '../emitter.ts';
import { ruleGroups } from '../monitoring.ts';
import { issuerPodPorts } from './network.ts';
import { header, yamlFile, yamlText } from './render-yaml.ts';
import { type ManifestSettings, names } from './settings.ts';
import { terminationGraceSecs } from './workload.ts';

const root = 'deploy/helm/noetl-gateway';

/** Written by hand, and the same for every project: what differs is in the values and in `files/`. */
const templates = [
  '_helpers.tpl',
  'NOTES.txt',
  'checks.yaml',
  'config-map.yaml',
  'deployment.yaml',
  'http-route.yaml',
  'ingress.yaml',
  'monitoring.yaml',
  'network-policies.yaml',
  'scaling.yaml',
  'service-account.yaml',
  'services.yaml',
] as const;

/**
 * The Helm chart: templates that render the resources of the Kustomize tree, with the keys of NoETL's own chart as
 * values.
 * @param version of the project: the chart's and the application's
 * @returns the files of `deploy/helm/noetl-gateway`
 */
export function helmFiles(settings: ManifestSettings, version: string): readonly OutputFile[] {
  const values = helmValues(settings);
  const chart = {
    apiVersion: 'v2',
    name: names.app,
    description: 'The public gateway of NoETL.',
    type: 'application',
    version,
    appVersion: version,
    kubeVersion: '>=1.30.0-0',
  };
  return [
    yamlFile(`${root}/Chart.yaml`, chart),
    { path: `${root}/values.yaml`, content: yamlText(values, header, valueNotes) },
    { path: `${root}/values.schema.json`, content: `${JSON.stringify(valuesSchema(values), null, 2)}\n` },
    yamlFile(`${root}/files/config.yaml`, chartConfig(settings), ['What the templates need of gateway.config.ts.']),
    yamlFile(`${root}/files/rules.yaml`, { groups: ruleGroups(settings) }),
    ...templates.map((name) => ({
      path: `${root}/templates/${name}`,
      content: readAsset(`${root}/templates/${name}`),
    })),
  ];
}

/** What the declaration decides and no value of an installation changes. A key is one of `env` in the values. */
function chartConfig(settings: ManifestSettings): object {
  const { variables } = settings;
  const keyed = (variable: string | undefined) => (variable === undefined ? {} : { key: environmentKey(variable) });
  const environment = [...Object.keys(settings.environment), ...settings.unset];
  return {
    repository: splitImage(settings.image).repository,
    environment: Object.fromEntries(environment.map((name) => [name, environmentKey(name)])),
    secrets: settings.secrets.map(({ name }) => name),
    freeSecrets: settings.secrets.filter(({ free }) => free).map(({ name }) => name),
    ports: {
      public: { number: settings.publicPort, ...keyed(variables.publicPort) },
      internal: { number: settings.internalPort, ...keyed(variables.internalPort) },
    },
    ...(variables.internalUrl !== undefined && { internalUrlVariable: variables.internalUrl }),
    terminationGraceSecs: terminationGraceSecs(settings),
    issuerPorts: settings.issuerPorts,
    issuerPodPorts: issuerPodPorts(settings),
    storePorts: settings.store.ports,
    // One of each group must be set.
    required: settings.required.map((group) => group.names.map(environmentKey)),
    sessions: {
      inMemory: settings.hasMemorySessions,
      ...(variables.store !== undefined && { storeVariable: variables.store }),
      ...(variables.acceptMemory !== undefined && { acceptMemoryKey: environmentKey(variables.acceptMemory) }),
    },
  };
}

/** Keys of the earlier gateway's chart that are taken and do nothing here. */
const ignored = { natsUpdatesSubjectPrefix: '', natsUrl: '', rustLog: '' };

/**
 * The key under `env` of `values.yaml` that sets a variable: `GATEWAY_` dropped, camelCase (`routerPort`, `publicUrl`).
 */
export function environmentKey(variable: string): string {
  const [head = '', ...tail] = variable
    .replace(/^GATEWAY_/, '')
    .toLowerCase()
    .split('_');
  return head + tail.map((word) => word.slice(0, 1).toUpperCase() + word.slice(1)).join('');
}

/**
 * The chart's defaults. The keys are those of NoETL's own gateway chart, then ours for settings that it lacks.
 * @returns a plain object; its shape is also that of {@link valuesSchema}
 */
export function helmValues(settings: ManifestSettings) {
  const { repository, tag } = splitImage(settings.image);
  const environment = Object.entries({
    ...Object.fromEntries(settings.unset.map((name) => [name, ''])),
    ...settings.environment,
  });
  return {
    namespace: settings.namespace,
    replicaCount: settings.replicas,
    image: { repository, tag, pullPolicy: settings.imagePullPolicy },
    imagePullSecrets: [],
    service: {
      type: 'LoadBalancer',
      port: settings.publicPort,
      targetPort: settings.publicPort,
      nodePort: null,
      loadBalancerIP: '',
      // Keeps the caller's address, which limits and the audit log count by.
      externalTrafficPolicy: 'Local',
      annotations: {},
    },
    ingress: {
      enabled: false,
      className: settings.ingressClass ?? '',
      annotations: { ...settings.ingressAnnotations },
      host: settings.host,
      tls: { enabled: true, secretName: settings.tlsSecret },
      managedCertificate: { enabled: false, name: 'noetl-gateway' },
    },
    gatewayApi: { enabled: false, parentRefs: [{ name: 'public' }] },
    env: {
      ...ignored,
      ...Object.fromEntries(environment.map(([name, value]) => [environmentKey(name), value])),
      authBypass: 'false',
    },
    secrets: { name: settings.secretName, required: false },
    resources: settings.resources,
    podAnnotations: {},
    nodeSelector: {},
    tolerations: [],
    affinity: {},
    autoscaling: { enabled: false, minReplicas: settings.minReplicas, maxReplicas: settings.maxReplicas },
    podDisruptionBudget: { enabled: false },
    networkPolicy: {
      enabled: true,
      noetlNamespace: settings.noetl.namespace,
      noetlPort: settings.noetl.port,
      noetlInternalOnly: false,
      trustedNamespaces: [...settings.trustedNamespaces],
      storeNamespaces: [...settings.store.namespaces],
      issuerNamespaces: [...settings.issuerNamespaces],
      monitoringNamespace: '',
    },
    serviceMonitor: { enabled: false },
    prometheusRule: { enabled: false },
  };
}

/** One comment per top-level key of `values.yaml`. */
export const valueNotes: Readonly<Record<string, string>> = {
  namespace: 'Where the gateway runs. Create it with --create-namespace.',
  replicaCount: 'More than one needs a session store that all share: secrets.required, or logout ends on one pod only.',
  image: 'An empty repository is noetl-gateway, an empty tag the version of the chart.',
  service: 'The public Service listens on port and on 80. targetPort must be env.routerPort.',
  ingress: 'When on, set service.type to ClusterIP and env.trustedProxies to the number of hops.',
  gatewayApi: 'An HTTPRoute for ingress.host on these Gateways.',
  env: 'One key per environment variable. trustedIssuers and audiences must be set. natsUrl, natsUpdatesSubjectPrefix and rustLog do nothing; authBypass must stay off.',
  secrets:
    'A Secret of yours with GATEWAY_SESSION_STORE and other secret variables. required: no pod starts without it.',
  resources: 'More processor than one core is used by garbage collection and TLS only: add pods instead.',
  networkPolicy:
    'noetlInternalOnly adds a policy to NoETL namespace: :8082 for the gateway and trustedNamespaces only.',
  prometheusRule: 'The alerts of docs/operate.md; needs the Prometheus operator and serviceMonitor.',
  serviceMonitor: 'Needs the Prometheus operator; set networkPolicy.monitoringNamespace too.',
};

/** A value of any shape: Kubernetes checks it. */
const open = { type: 'object' };

/** Schemas that the shape of the defaults does not determine. By path. */
const exceptions: Readonly<Record<string, object>> = {
  'service.type': { enum: ['ClusterIP', 'NodePort', 'LoadBalancer'] },
  'service.externalTrafficPolicy': { enum: ['Local', 'Cluster'] },
  'service.nodePort': { type: ['integer', 'string', 'null'] },
  'image.tag': { type: ['string', 'number', 'null'] },
  'image.pullPolicy': { enum: ['Always', 'IfNotPresent', 'Never'] },
  'service.annotations': open,
  'ingress.annotations': open,
  podAnnotations: open,
  nodeSelector: open,
  affinity: open,
  resources: open,
};

/**
 * JSON Schema of `values.yaml`: unknown keys are refused, so that a misspelt variable does not fall back to its default
 * in silence. Keys of the earlier gateway's chart that do nothing here are known.
 */
export function valuesSchema(values: { readonly env: object }): object {
  const root = schemaOf(values, '');
  const inRoot = 'properties' in root ? (root.properties as object) : {};
  const properties = { ...inRoot, env: environmentSchema(values.env), global: open };
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    $comment: header.join(' '),
    title: 'noetl-gateway values',
    ...root,
    properties,
  };
}

function environmentSchema(env: object): object {
  const known = [...Object.keys(env), ...retiredVariables.map(environmentKey)].sort();
  const authBypass = {
    description: 'There is no bypass. Anything but off is refused.',
    enum: [false, 'false', 0, '0', '', null],
  };
  return {
    type: 'object',
    additionalProperties: false,
    properties: { ...Object.fromEntries(known.map((key) => [key, {}])), authBypass },
  };
}

function schemaOf(value: unknown, path: string): object {
  const exception = exceptions[path];
  if (exception !== undefined) return exception;
  if (Array.isArray(value)) return { type: 'array' };
  if (typeof value === 'object' && value !== null) {
    return {
      type: 'object',
      additionalProperties: false,
      properties: Object.fromEntries(
        Object.entries(value).map(([key, member]) => [key, schemaOf(member, path === '' ? key : `${path}.${key}`)]),
      ),
    };
  }
  // A value may be a text, by `--set-string` for example; templates make a number of it.
  if (typeof value === 'number') return { type: ['integer', 'string'], pattern: '^[0-9]+$' };
  return { type: typeof value === 'boolean' ? 'boolean' : ['string', 'null'] };
}

function splitImage(image: string): { repository: string; tag: string } {
  const at = image.lastIndexOf(':');
  return { repository: image.slice(0, at), tag: image.slice(at + 1) };
}
