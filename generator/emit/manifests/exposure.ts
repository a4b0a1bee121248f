import type { IHTTPRoute } from '@kubernetes-models/gateway-api/gateway.networking.k8s.io/v1';
import type { IPrometheusRule, IServiceMonitor } from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1';
import type { IIngress } from 'kubernetes-models/networking.k8s.io/v1';
import { ruleGroups } from '../monitoring/rule-groups.ts';
import { type ManifestSettings, names } from './manifest-settings.ts';
import { metadata } from './workload.ts';

/**
 * An Ingress with TLS for the public host. Only the public Service is behind it: the internal listener has no way in
 * from outside (ADR 0009).
 */
export function ingress(settings: ManifestSettings): IIngress {
  const { ingressClass, ingressAnnotations } = settings;
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: {
      ...metadata(settings, names.app),
      ...(Object.keys(ingressAnnotations).length > 0 && { annotations: { ...ingressAnnotations } }),
    },
    spec: {
      ...(ingressClass !== undefined && { ingressClassName: ingressClass }),
      tls: [{ hosts: [settings.host], secretName: settings.tlsSecret }],
      rules: [
        {
          host: settings.host,
          http: {
            paths: [
              {
                path: '/',
                pathType: 'Prefix',
                backend: { service: { name: names.app, port: { name: 'gateway' } } },
              },
            ],
          },
        },
      ],
    },
  };
}

/** The same with Gateway API: attach it to a Gateway that terminates TLS. */
export function httpRoute(settings: ManifestSettings): IHTTPRoute {
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: metadata(settings, names.app),
    spec: {
      // A Gateway of the cluster, which an overlay or a value renames.
      parentRefs: [{ name: 'public' }],
      hostnames: [settings.host],
      rules: [
        {
          matches: [{ path: { type: 'PathPrefix', value: '/' } }],
          backendRefs: [{ name: names.app, port: settings.publicPort }],
        },
      ],
    },
  };
}

/** The alerts for a Prometheus operator. */
export function prometheusRule(settings: ManifestSettings): IPrometheusRule {
  return {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PrometheusRule',
    metadata: metadata(settings, names.app),
    spec: { groups: ruleGroups(settings.memoryMib, settings.runbookUrl) },
  };
}

/** Makes a Prometheus operator scrape each pod's `/metrics` on the internal listener. */
export function serviceMonitor(settings: ManifestSettings): IServiceMonitor {
  return {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'ServiceMonitor',
    metadata: metadata(settings, names.app),
    spec: {
      selector: { matchLabels: { 'app.kubernetes.io/name': names.app, 'app.kubernetes.io/component': 'internal' } },
      // By the Service's port, so that each pod behind it is scraped by itself.
      endpoints: [{ port: 'internal', path: '/metrics', interval: '30s' }],
    },
  };
}
