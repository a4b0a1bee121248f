import type { IDeployment } from 'kubernetes-models/apps/v1';
import type { IHorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2';
import type { IPodDisruptionBudget } from 'kubernetes-models/policy/v1';
import type { IConfigMap, IContainer, IEnvVar, INamespace, IPodSpec, IServiceAccount } from 'kubernetes-models/v1';
import { type ManifestSettings, names } from './settings.ts';

type ObjectMeta = NonNullable<IDeployment['metadata']>;

/** What Services, policies and budgets select the pods by. */
export const podLabels: Readonly<Record<string, string>> = { 'app.kubernetes.io/name': names.app };

/** The account of the image: above 10,000, so that it is not a user of the node. */
export const containerUser = 10_001;

/** Seconds between "no longer an endpoint" reaching the load balancer and SIGTERM to the process. */
const preStopSecs = 5;
/** What the process may take beyond the drain before it is killed. */
const graceMarginSecs = 10;
/** From the start of `preStop` until the kill. */
export const terminationGraceSecs = ({ drainSecs }: ManifestSettings): number =>
  preStopSecs + drainSecs + graceMarginSecs;

/** Name, namespace and labels that every resource of the gateway carries. */
export function metadata(settings: ManifestSettings, name: string, labels: Record<string, string> = {}): ObjectMeta {
  return {
    name,
    namespace: settings.namespace,
    labels: { ...podLabels, 'app.kubernetes.io/part-of': 'noetl', ...labels },
  };
}

/**
 * The gateway's namespace. Kubernetes refuses pods in it that ask for more than the profile `restricted` allows.
 */
export function namespaceResource(settings: ManifestSettings): INamespace {
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: {
      name: settings.namespace,
      labels: {
        'app.kubernetes.io/part-of': 'noetl',
        'pod-security.kubernetes.io/enforce': 'restricted',
        'pod-security.kubernetes.io/warn': 'restricted',
      },
    },
  };
}

/** An account without a token: the gateway never speaks to the cluster's API. */
export function serviceAccount(settings: ManifestSettings): IServiceAccount {
  return {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: metadata(settings, names.app),
    automountServiceAccountToken: false,
  };
}

/** Variables of the environment that are not secrets. */
export function configMap(settings: ManifestSettings): IConfigMap {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: metadata(settings, names.configMap),
    data: { ...settings.environment },
  };
}

/** The gateway's pods: unprivileged, read-only, probed on both listeners, stopped without losing what is in flight. */
export function deployment(settings: ManifestSettings): IDeployment {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: metadata(settings, names.app),
    spec: {
      replicas: settings.replicas,
      // A pod that dies in its first seconds stops the rollout.
      minReadySeconds: 10,
      revisionHistoryLimit: 5,
      selector: { matchLabels: { ...podLabels } },
      // A new pod is ready before an old one goes.
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      template: {
        metadata: { labels: { ...podLabels, 'app.kubernetes.io/part-of': 'noetl' } },
        spec: podSpec(settings),
      },
    },
  };
}

function podSpec(settings: ManifestSettings): IPodSpec {
  return {
    serviceAccountName: names.app,
    automountServiceAccountToken: false,
    // Kubernetes would set NOETL_GATEWAY_PORT=tcp://… and the like, which read as configuration.
    enableServiceLinks: false,
    terminationGracePeriodSeconds: terminationGraceSecs(settings),
    securityContext: {
      runAsNonRoot: true,
      runAsUser: containerUser,
      runAsGroup: containerUser,
      seccompProfile: { type: 'RuntimeDefault' },
    },
    // `ScheduleAnyway`: on a cluster of one node the pods must still start. By template, so that old pods do not count
    // in a rollout.
    topologySpreadConstraints: ['topology.kubernetes.io/zone', 'kubernetes.io/hostname'].map((topologyKey) => ({
      topologyKey,
      maxSkew: 1,
      whenUnsatisfiable: 'ScheduleAnyway' as const,
      labelSelector: { matchLabels: { ...podLabels } },
      matchLabelKeys: ['pod-template-hash'],
    })),
    volumes: [{ name: 'ca', configMap: { name: names.certificates, optional: true } }],
    containers: [container(settings)],
  };
}

function container(settings: ManifestSettings): IContainer {
  return {
    name: 'gateway',
    image: settings.image,
    imagePullPolicy: settings.imagePullPolicy,
    ports: [
      { name: 'http', containerPort: settings.publicPort, protocol: 'TCP' },
      { name: 'internal', containerPort: settings.internalPort, protocol: 'TCP' },
    ],
    envFrom: [{ configMapRef: { name: names.configMap } }],
    env: environment(settings),
    // Nothing is there without that ConfigMap, and nothing reads it unless NODE_EXTRA_CA_CERTS names a file in it.
    volumeMounts: [{ name: 'ca', mountPath: '/etc/noetl-gateway/ca', readOnly: true }],
    // Every second: the other two probes begin when this one has passed.
    startupProbe: { httpGet: { path: '/health', port: 'http' }, periodSeconds: 1, failureThreshold: 30 },
    livenessProbe: { httpGet: { path: '/health', port: 'http' }, periodSeconds: 10, timeoutSeconds: 3 },
    // `/ready` is on the internal listener only.
    readinessProbe: {
      httpGet: { path: '/ready', port: 'internal' },
      periodSeconds: 5,
      timeoutSeconds: 5,
      failureThreshold: 3,
    },
    lifecycle: { preStop: { sleep: { seconds: preStopSecs } } },
    resources: settings.resources,
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      privileged: false,
      readOnlyRootFilesystem: true,
    },
  };
}

function environment(settings: ManifestSettings): IEnvVar[] {
  const secrets = settings.secrets.map(
    ({ name, optional }): IEnvVar => ({
      name,
      valueFrom: { secretKeyRef: { name: settings.secretName, key: name, optional } },
    }),
  );
  const { internalUrl } = settings.variables;
  if (internalUrl === undefined) return secrets;
  return [
    // A callback must reach the pod that waits for it, and the internal Service would spread callbacks over all.
    // POD_IP comes first: a variable may only name those before it.
    { name: 'POD_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
    { name: internalUrl, value: `http://$(POD_IP):${settings.internalPort}` },
    ...secrets,
  ];
}

/**
 * More pods when they are busy, fewer only after five calm minutes. By the processor, of which a process uses one core
 * (ADR 0025).
 */
export function autoscaler(settings: ManifestSettings): IHorizontalPodAutoscaler {
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: metadata(settings, names.app),
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: names.app },
      minReplicas: settings.minReplicas,
      maxReplicas: settings.maxReplicas,
      metrics: [
        { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } } },
      ],
      behavior: { scaleDown: { stabilizationWindowSeconds: 300 } },
    },
  };
}

/** Upgrades of nodes take one pod at a time. */
export function disruptionBudget(settings: ManifestSettings): IPodDisruptionBudget {
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: metadata(settings, names.app),
    spec: {
      maxUnavailable: 1,
      selector: { matchLabels: { ...podLabels } },
      // Pods that are not ready, in an outage of NoETL for example, must not keep a node from being drained.
      unhealthyPodEvictionPolicy: 'AlwaysAllow',
    },
  };
}
