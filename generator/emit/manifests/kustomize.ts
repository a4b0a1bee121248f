import { stringify } from 'yaml';
import type { OutputFile } from '../emitter.ts';
import { prometheusRule, serviceMonitor } from '../monitoring.ts';
import {
  gatewayPolicy,
  httpRoute,
  ingress,
  internalService,
  issuerPolicy,
  monitoringPolicy,
  noetlPolicy,
  publicService,
  storePolicy,
} from './network.ts';
import { header, yamlFile } from './render-yaml.ts';
import { type ManifestSettings, names } from './settings.ts';
import { autoscaler, configMap, deployment, disruptionBudget, namespaceResource, serviceAccount } from './workload.ts';

const root = 'deploy/kubernetes';

/** The parts of a `kustomization.yaml` that are used here. */
interface Kustomization {
  readonly resources?: readonly string[];
  readonly components?: readonly string[];
  readonly configMapGenerator?: readonly object[];
  readonly patches?: readonly object[];
}

/**
 * The resources as a Kustomize base, optional parts as components, and two overlays that put them together.
 * @returns the files of `deploy/kubernetes`
 */
export function kustomizeFiles(settings: ManifestSettings): readonly OutputFile[] {
  return [...base(settings), ...components(settings), ...overlays(settings)];
}

function base(settings: ManifestSettings): readonly OutputFile[] {
  const missing = settings.required.map(({ names: [name] }) => name);
  const resources = {
    'namespace.yaml': namespaceResource(settings),
    'service-account.yaml': serviceAccount(settings),
    'deployment.yaml': deployment(settings),
    'service.yaml': publicService(settings),
    'service-internal.yaml': internalService(settings),
    'network-policy.yaml': gatewayPolicy(settings),
    ...(settings.issuerNamespaces.length > 0 && { 'network-policy-issuers.yaml': issuerPolicy(settings) }),
  };
  return [
    ...folder('base', resources),
    kustomization(
      'base',
      {
        resources: Object.keys(resources),
        configMapGenerator: [environmentGenerator(settings)],
      },
      missing.length === 0 ? [] : [`An overlay must set ${missing.join(' and ')}; no pod starts before.`],
    ),
  ];
}

/** Parts that not every cluster has or wants: a shared store, autoscaling, a policy for NoETL, monitoring, a way in. */
function components(settings: ManifestSettings): readonly OutputFile[] {
  return [
    ...folder('components/session-store', { 'network-policy.yaml': storePolicy(settings) }),
    component('session-store', {
      resources: ['network-policy.yaml'],
      patches: settings.secrets.length === 0 ? [] : [requireSecrets(settings)],
    }),
    ...folder('components/autoscaling', {
      'horizontal-pod-autoscaler.yaml': autoscaler(settings),
      'pod-disruption-budget.yaml': disruptionBudget(settings),
    }),
    component('autoscaling', {
      resources: ['horizontal-pod-autoscaler.yaml', 'pod-disruption-budget.yaml'],
      // The autoscaler owns the number; a manifest that names one would reset it at each apply.
      patches: [jsonPatch('Deployment', [{ op: 'remove', path: '/spec/replicas' }])],
    }),
    ...folder('components/noetl-internal-only', { 'network-policy.yaml': noetlPolicy(settings) }),
    component('noetl-internal-only', { resources: ['network-policy.yaml'] }),
    ...folder('components/monitoring', {
      'service-monitor.yaml': serviceMonitor(settings),
      'prometheus-rule.yaml': prometheusRule(settings),
      'network-policy.yaml': monitoringPolicy(settings, 'monitoring'),
    }),
    component('monitoring', { resources: ['service-monitor.yaml', 'prometheus-rule.yaml', 'network-policy.yaml'] }),
    ...folder('components/ingress', { 'ingress.yaml': ingress(settings) }),
    component('ingress', { resources: ['ingress.yaml'], ...behindProxy(settings) }),
    ...folder('components/gateway-api', { 'http-route.yaml': httpRoute(settings) }),
    component('gateway-api', { resources: ['http-route.yaml'], ...behindProxy(settings) }),
  ];
}

/**
 * `dev`: a port of the node, with example addresses. `production`: a shared store and autoscaling, and no example that
 * could be applied by mistake.
 */
function overlays(settings: ManifestSettings): readonly OutputFile[] {
  const placeholders = Object.fromEntries(
    settings.required.map(({ names: [name], placeholder }) => [name, placeholder]),
  );
  const note = ['The addresses under example.com are placeholders: set them in an overlay of your own.'];
  return [
    kustomization(
      'overlays/dev',
      {
        resources: ['../../base'],
        configMapGenerator: mergeEnvironment(settings, {
          ...placeholders,
          ...(settings.variables.acceptMemory !== undefined && { [settings.variables.acceptMemory]: 'true' }),
          LOG_LEVEL: 'debug',
        }),
        patches: [
          jsonPatch('Service', [
            { op: 'replace', path: '/spec/type', value: 'NodePort' },
            // With `Local` only a node that has a pod would answer.
            { op: 'replace', path: '/spec/externalTrafficPolicy', value: 'Cluster' },
            { op: 'add', path: '/spec/ports/0/nodePort', value: 30090 },
          ]),
          // Several pods with sessions in memory each know other sessions.
          ...(settings.replicas === 1
            ? []
            : [jsonPatch('Deployment', [{ op: 'replace', path: '/spec/replicas', value: 1 }])]),
        ],
      },
      note,
    ),
    ...productionOverlay(settings),
  ];
}

/**
 * Where an operator sets what has no default. Without the file the overlay does not build, so no example can be
 * applied.
 */
const settingsFile = 'settings.env';

function productionOverlay(settings: ManifestSettings): readonly OutputFile[] {
  const required = settings.required.map(({ names: [name], placeholder }) => ({ name, placeholder }));
  const isComplete = required.length === 0;
  const merged = { name: names.configMap, namespace: settings.namespace, behavior: 'merge', envs: [settingsFile] };
  const overlay = kustomization(
    'overlays/production',
    {
      resources: ['../../base'],
      components: ['../../components/session-store', '../../components/autoscaling'],
      ...(isComplete ? {} : { configMapGenerator: [merged] }),
    },
    isComplete
      ? []
      : [`Copy ${settingsFile}.example to ${settingsFile} and fill it in: without it this does not build.`],
  );
  if (isComplete) return [overlay];
  const lines = [
    ...header.map((line) => `# ${line}`),
    `# Copy this file to ${settingsFile} beside it, which is yours, and set every variable; others can be added.`,
    ...required.flatMap(({ name, placeholder }) => [`# ${name}, for example ${placeholder}`, `${name}=`]),
  ];
  return [overlay, { path: `${root}/overlays/production/${settingsFile}.example`, content: `${lines.join('\n')}\n` }];
}

/**
 * TLS ends before the gateway, so it is reached through one proxy only, whose word about the caller's address counts.
 */
function behindProxy(settings: ManifestSettings): Kustomization {
  return {
    configMapGenerator: mergeEnvironment(settings, { GATEWAY_TRUSTED_PROXIES: '1' }),
    patches: [
      jsonPatch('Service', [
        { op: 'replace', path: '/spec/type', value: 'ClusterIP' },
        // Kubernetes refuses it on a Service that only the cluster reaches.
        { op: 'remove', path: '/spec/externalTrafficPolicy' },
      ]),
    ],
  };
}

/** A generated ConfigMap carries a hash of its content in its name: a changed value restarts the pods. */
function environmentGenerator(settings: ManifestSettings): object {
  const { metadata, data } = configMap(settings);
  return {
    name: metadata?.name,
    namespace: metadata?.namespace,
    options: { labels: metadata?.labels },
    literals: literals(data ?? {}),
  };
}

function mergeEnvironment(settings: ManifestSettings, values: Readonly<Record<string, string>>): readonly object[] {
  return [{ name: names.configMap, namespace: settings.namespace, behavior: 'merge', literals: literals(values) }];
}

function literals(values: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(values)
    .map(([name, value]) => `${name}=${value}`)
    .sort();
}

/** A shared store's address lives in the Secret: without it the process would fall back to its own memory. */
function requireSecrets(settings: ManifestSettings): object {
  const container = {
    name: 'gateway',
    env: settings.secrets
      .filter(({ free }) => !free)
      .map(({ name }) => ({
        name,
        valueFrom: { secretKeyRef: { name: settings.secretName, key: name, optional: false } },
      })),
  };
  return {
    target: { kind: 'Deployment', name: names.app },
    patch: yamlPatch({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: names.app },
      spec: { template: { spec: { containers: [container] } } },
    }),
  };
}

/** A patch of the gateway's own resource of a kind (RFC 6902). */
function jsonPatch(kind: string, operations: readonly object[]): object {
  return { target: { kind, name: names.app }, patch: yamlPatch(operations) };
}

function yamlPatch(value: object): string {
  return stringify(value, { lineWidth: 0 });
}

function folder(path: string, resources: Readonly<Record<string, object>>): readonly OutputFile[] {
  return Object.entries(resources).map(([name, resource]) => yamlFile(`${root}/${path}/${name}`, resource));
}

function kustomization(path: string, value: Kustomization, notes: readonly string[] = []): OutputFile {
  return yamlFile(
    `${root}/${path}/kustomization.yaml`,
    { apiVersion: 'kustomize.config.k8s.io/v1beta1', kind: 'Kustomization', ...value },
    notes,
  );
}

function component(name: string, value: Kustomization): OutputFile {
  return yamlFile(`${root}/components/${name}/kustomization.yaml`, {
    apiVersion: 'kustomize.config.k8s.io/v1alpha1',
    kind: 'Component',
    ...value,
  });
}
