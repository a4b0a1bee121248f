import type { IHorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2';
import type { IPodDisruptionBudget } from 'kubernetes-models/policy/v1';
import { type ManifestSettings, names } from './manifest-settings.ts';
import { metadata, podLabels } from './workload.ts';

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
