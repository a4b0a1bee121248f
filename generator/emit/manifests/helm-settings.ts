import { chartValue, chartValueIf, quotedMember } from './helm-expression.ts';
import { environmentKey } from './helm-values.ts';
import type { ManifestSettings } from './manifest-settings.ts';

/**
 * The port that the public Service offers beside 80. A Service must not have one port twice, so 80 becomes the
 * gateway's own.
 */
export const servicePort = (settings: ManifestSettings) =>
  `ternary ${settings.publicPort} (int .Values.service.port) (eq 80 (int .Values.service.port))`;

/** The settings with an expression wherever the chart's values decide. */
export function helmSettings(settings: ManifestSettings): ManifestSettings {
  const port = (name: string | undefined, fixed: number) =>
    name === undefined ? fixed : chartValue<number>(`int .Values.env.${environmentKey(name)}`);
  const internal = settings.portNames.internal;
  return {
    ...settings,
    namespace: chartValue('.Values.namespace'),
    image: chartValue('include "noetl-gateway.image" .'),
    imagePullPolicy: chartValue('.Values.image.pullPolicy'),
    replicas: chartValueIf('not .Values.autoscaling.enabled', 'int .Values.replicaCount'),
    minReplicas: chartValue('int .Values.autoscaling.minReplicas'),
    maxReplicas: chartValue('int .Values.autoscaling.maxReplicas'),
    publicPort: port(settings.portNames.public, settings.publicPort),
    internalPort: port(internal, settings.internalPort),
    internalUrl:
      internal === undefined
        ? settings.internalUrl
        : chartValue(`printf "http://$(POD_IP):%d" (int .Values.env.${environmentKey(internal)})`),
    environment: Object.fromEntries(
      [...Object.keys(settings.environment), ...settings.unset].map((name) => [
        name,
        quotedMember(`.Values.env.${environmentKey(name)}`),
      ]),
    ),
    secretName: chartValue('.Values.secrets.name'),
    // Optional unless the values require the Secret: then no pod starts without it.
    secrets: settings.secrets.map(({ name }) => ({ name, optional: chartValue('not .Values.secrets.required') })),
    noetl: {
      namespace: chartValue('.Values.networkPolicy.noetlNamespace'),
      port: chartValue('int .Values.networkPolicy.noetlPort'),
    },
    // NoETL's own namespace may reach it anyway; naming it keeps the list from being empty, which Kubernetes refuses.
    trustedNamespaces: chartValue(
      'prepend .Values.networkPolicy.trustedNamespaces .Values.networkPolicy.noetlNamespace',
    ),
    store: { ...settings.store, namespaces: chartValue('.Values.networkPolicy.storeNamespaces') },
    issuerNamespaces: chartValue('.Values.networkPolicy.issuerNamespaces'),
    host: chartValue('.Values.ingress.host'),
    labels: { 'app.kubernetes.io/managed-by': chartValue('.Release.Service') },
  };
}
