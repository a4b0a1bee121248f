import type { IService } from 'kubernetes-models/v1';
import { type ManifestSettings, names } from './manifest-settings.ts';
import { metadata, podLabels } from './workload.ts';

/**
 * The one public way in, on the protocol's port and on 80 (auth playbooks of older deployments post to the default
 * port). `Local` keeps the caller's address, which rate limits and the audit log count by.
 */
export function publicService(settings: ManifestSettings): IService {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: metadata(settings, names.app),
    spec: {
      type: 'LoadBalancer',
      externalTrafficPolicy: 'Local',
      selector: { ...podLabels },
      ports: [
        { name: 'gateway', port: settings.publicPort, targetPort: 'http', protocol: 'TCP', appProtocol: 'http' },
        { name: 'http', port: 80, targetPort: 'http', protocol: 'TCP', appProtocol: 'http' },
      ],
    },
  };
}

/** Metrics, readiness and a stable name for the internal listener. Unready pods stay in it: they still have metrics. */
export function internalService(settings: ManifestSettings): IService {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: metadata(settings, names.internalService, { 'app.kubernetes.io/component': 'internal' }),
    spec: {
      type: 'ClusterIP',
      publishNotReadyAddresses: true,
      selector: { ...podLabels },
      ports: [{ name: 'internal', port: settings.internalPort, targetPort: 'internal', protocol: 'TCP' }],
    },
  };
}
