import { optional, quotedMember, value } from './helm-expression.ts';
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
    name === undefined ? fixed : value<number>(`int .Values.env.${environmentKey(name)}`);
  const internal = settings.portNames.internal;
  return {
    ...settings,
    namespace: value('.Values.namespace'),
    image: value('include "noetl-gateway.image" .'),
    imagePullPolicy: value('.Values.image.pullPolicy'),
    replicas: optional('not .Values.autoscaling.enabled', 'int .Values.replicaCount'),
    minReplicas: value('int .Values.autoscaling.minReplicas'),
    maxReplicas: value('int .Values.autoscaling.maxReplicas'),
    publicPort: port(settings.portNames.public, settings.publicPort),
    internalPort: port(internal, settings.internalPort),
    internalUrl:
      internal === undefined
        ? settings.internalUrl
        : value(`printf "http://$(POD_IP):%d" (int .Values.env.${environmentKey(internal)})`),
    environment: Object.fromEntries(
      [...Object.keys(settings.environment), ...settings.unset].map((name) => [
        name,
        quotedMember(`.Values.env.${environmentKey(name)}`),
      ]),
    ),
    secretName: value('.Values.secrets.name'),
    // Optional unless the values say that the Secret is required: then no pod starts without it.
    secrets: settings.secrets.map(({ name }) => ({ name, optional: value('not .Values.secrets.required') })),
    noetl: {
      namespace: value('.Values.networkPolicy.noetlNamespace'),
      port: value('int .Values.networkPolicy.noetlPort'),
    },
    // NoETL's own namespace may reach it anyway; naming it keeps the list from being empty, which Kubernetes refuses.
    trustedNamespaces: value('prepend .Values.networkPolicy.trustedNamespaces .Values.networkPolicy.noetlNamespace'),
    store: { ...settings.store, namespaces: value('.Values.networkPolicy.storeNamespaces') },
    issuerNamespaces: value('.Values.networkPolicy.issuerNamespaces'),
    host: value('.Values.ingress.host'),
    labels: { 'app.kubernetes.io/managed-by': value('.Release.Service') },
  };
}
