import type { IDeployment } from 'kubernetes-models/apps/v1';
import type { IIngress } from 'kubernetes-models/networking.k8s.io/v1';
import type { IService } from 'kubernetes-models/v1';
import type { OutputFile } from '../emitter.ts';
import { httpRoute, ingress, prometheusRule, serviceMonitor } from './exposure.ts';
import { chartValue, chartValueIf, whenever, withExpressions } from './helm-expression.ts';
import { helmSettings, servicePort } from './helm-settings.ts';
import { checksTemplate, namedTemplates, notes } from './helm-text.ts';
import { helmValues, valueNotes, valuesSchema } from './helm-values.ts';
import { type ManifestSettings, names } from './manifest-settings.ts';
import { gatewayPolicy, issuerPolicy, monitoringPolicy, noetlPolicy, storePolicy } from './network-policies.ts';
import { header, yamlFile, yamlText } from './render-yaml.ts';
import { autoscaler, disruptionBudget } from './scaling.ts';
import { internalService, publicService } from './services.ts';
import { configMap, deployment, metadata, serviceAccount } from './workload.ts';

const root = 'deploy/helm/noetl-gateway';

/**
 * A Helm chart that renders the same resources as the Kustomize base, with the keys of NoETL's own chart as values.
 * @param settings as {@link manifestSettings} reads them; expressions are put in here
 * @param version of the project: the chart's and the application's
 * @returns the files of `deploy/helm/noetl-gateway`
 */
export function helmFiles(settings: ManifestSettings, version: string): readonly OutputFile[] {
  const values = helmValues(settings);
  return [
    yamlFile(`${root}/Chart.yaml`, {
      apiVersion: 'v2',
      name: names.app,
      description: 'The public gateway of NoETL.',
      type: 'application',
      version,
      appVersion: version,
      kubeVersion: '>=1.30.0-0',
    }),
    { path: `${root}/values.yaml`, content: yamlText(values, header, valueNotes) },
    { path: `${root}/values.schema.json`, content: `${JSON.stringify(valuesSchema(values), null, 2)}\n` },
    { path: `${root}/templates/_names.tpl`, content: namedTemplates(settings.image) },
    { path: `${root}/templates/checks.yaml`, content: checksTemplate(settings) },
    { path: `${root}/templates/NOTES.txt`, content: notes(settings) },
    ...templates(helmSettings(settings), settings),
  ];
}

/** @param fixed the settings that the chart was generated from, for what stays a number in an expression */
function templates(settings: ManifestSettings, fixed: ManifestSettings): readonly OutputFile[] {
  const policies = '.Values.networkPolicy.enabled';
  return [
    template('service-account', serviceAccount(settings)),
    template('config-map', configMap(settings)),
    template('deployment', chartDeployment(settings)),
    template('service', chartService(settings, fixed)),
    template('service-internal', internalService(settings)),
    template('horizontal-pod-autoscaler', autoscaler(settings), '.Values.autoscaling.enabled'),
    template('pod-disruption-budget', disruptionBudget(settings), '.Values.podDisruptionBudget.enabled'),
    template('network-policy', gatewayPolicy(settings), policies),
    template(
      'network-policy-issuers',
      issuerPolicy(settings),
      `and ${policies} .Values.networkPolicy.issuerNamespaces`,
    ),
    template('network-policy-store', storePolicy(settings), `and ${policies} .Values.networkPolicy.storeNamespaces`),
    template(
      'network-policy-monitoring',
      monitoringPolicy(settings, chartValue('.Values.networkPolicy.monitoringNamespace')),
      `and ${policies} .Values.networkPolicy.monitoringNamespace`,
    ),
    template('network-policy-noetl', noetlPolicy(settings), '.Values.networkPolicy.noetlInternalOnly'),
    template('service-monitor', serviceMonitor(settings), '.Values.serviceMonitor.enabled'),
    template('prometheus-rule', prometheusRule(settings), '.Values.prometheusRule.enabled'),
    template('ingress', chartIngress(settings), '.Values.ingress.enabled'),
    template(
      'managed-certificate',
      managedCertificate(settings),
      'and .Values.ingress.enabled .Values.ingress.managedCertificate.enabled',
    ),
    template('http-route', chartRoute(settings, fixed), '.Values.gatewayApi.enabled'),
  ];
}

/** @param condition a Helm expression; the resource is rendered only when it holds */
function template(name: string, resource: object, condition?: string): OutputFile {
  const text = withExpressions(yamlText(resource, header));
  return {
    path: `${root}/templates/${name}.yaml`,
    content: condition === undefined ? text : whenever(condition, text),
  };
}

function chartDeployment(settings: ManifestSettings): IDeployment {
  const resource = deployment(settings);
  const pod = resource.spec?.template;
  const container = pod?.spec?.containers[0];
  if (!pod?.spec || !container) return resource;
  pod.metadata = {
    ...pod.metadata,
    // The hash of the ConfigMap: a changed variable restarts the pods, as a generated name does under Kustomize.
    annotations: chartValue(
      'merge (dict "checksum/config" (include (print $.Template.BasePath "/config-map.yaml") . | sha256sum)) .Values.podAnnotations',
    ),
  };
  // What an installation sets takes the place of the config's own.
  container.resources = chartValue('.Values.resources');
  for (const member of ['imagePullSecrets', 'nodeSelector', 'tolerations', 'affinity'] as const) {
    Object.assign(pod.spec, { [member]: chartValueIf(`.Values.${member}`, `.Values.${member}`) });
  }
  return resource;
}

function chartService(settings: ManifestSettings, fixed: ManifestSettings): IService {
  const resource = publicService(settings);
  const [gateway, ...others] = resource.spec?.ports ?? [];
  if (!resource.spec || !gateway) return resource;
  gateway.port = chartValue(servicePort(fixed));
  // Kubernetes chooses a port when it is left out.
  gateway.nodePort = chartValueIf('.Values.service.nodePort', 'int .Values.service.nodePort');
  return {
    ...resource,
    metadata: {
      ...resource.metadata,
      annotations: chartValueIf('.Values.service.annotations', '.Values.service.annotations'),
    },
    spec: {
      ...resource.spec,
      type: chartValue('.Values.service.type'),
      // Kubernetes refuses it on a Service that only the cluster reaches.
      externalTrafficPolicy: chartValueIf(
        'ne "ClusterIP" .Values.service.type',
        '.Values.service.externalTrafficPolicy',
      ),
      loadBalancerIP: chartValueIf('.Values.service.loadBalancerIP', '.Values.service.loadBalancerIP'),
      ports: [gateway, ...others],
    },
  };
}

function chartIngress(settings: ManifestSettings): IIngress {
  const resource = ingress(settings);
  const annotation =
    '(ternary (dict "networking.gke.io/managed-certificates" .Values.ingress.managedCertificate.name) (dict) .Values.ingress.managedCertificate.enabled)';
  return {
    ...resource,
    metadata: { ...resource.metadata, annotations: chartValue(`merge ${annotation} .Values.ingress.annotations`) },
    spec: {
      ...resource.spec,
      ingressClassName: chartValueIf('.Values.ingress.className', '.Values.ingress.className'),
      tls: chartValueIf(
        'and .Values.ingress.tls.enabled .Values.ingress.tls.secretName',
        'list (dict "hosts" (list .Values.ingress.host) "secretName" .Values.ingress.tls.secretName)',
      ),
    },
  };
}

/** A certificate of Google's load balancer, a kind that other clusters do not know. */
function managedCertificate(settings: ManifestSettings): object {
  return {
    apiVersion: 'networking.gke.io/v1',
    kind: 'ManagedCertificate',
    metadata: { ...metadata(settings, names.app), name: chartValue('.Values.ingress.managedCertificate.name') },
    spec: { domains: [settings.host] },
  };
}

function chartRoute(settings: ManifestSettings, fixed: ManifestSettings): object {
  const route = httpRoute({ ...settings, publicPort: chartValue(servicePort(fixed)) });
  return { ...route, spec: { ...route.spec, parentRefs: chartValue('.Values.gatewayApi.parentRefs') } };
}
