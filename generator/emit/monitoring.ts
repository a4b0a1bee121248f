import type { IPrometheusRule, IServiceMonitor } from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1';
import { parse } from 'yaml';
import { resolveDeploy } from '../../gateway/config/resolve-config.ts';
import { type Emitter, readAsset } from './emitter.ts';
import { yamlFile } from './manifests/render-yaml.ts';
import { type ManifestSettings, names } from './manifests/settings.ts';
import { metadata } from './manifests/workload.ts';

/** An entry of `assets/alerts.yaml`. */
interface Alert {
  readonly alert: string;
  /** PromQL. */
  readonly expr: string;
  readonly for: string;
  readonly severity: 'critical' | 'warning';
  readonly summary: string;
}

const dashboard = 'deploy/monitoring/grafana-dashboard.json';

/** `deploy/monitoring`: Prometheus rules for installations without the operator, and a Grafana dashboard. */
export const emitMonitoring: Emitter = ({ config }) => {
  const { resources, runbookUrl } = resolveDeploy(config);
  const groups = ruleGroups({ memoryLimitMib: resources.memoryLimitMib, runbookUrl });
  return [
    yamlFile('deploy/monitoring/noetl-gateway.rules.yaml', { groups }, [
      'Alerts for `rule_files` of Prometheus; each names the section of its runbook.',
    ]),
    { path: dashboard, content: readAsset(dashboard) },
  ];
};

/**
 * The alerts as Prometheus reads them. Prometheus takes an annotation for a template, so braces in the address are
 * written as a template that prints them.
 * @param settings the memory limit of a pod, and the page with a section for each alert
 */
export function ruleGroups({ memoryLimitMib, runbookUrl }: Pick<ManifestSettings, 'memoryLimitMib' | 'runbookUrl'>) {
  const nearMemoryLimit = Math.round(memoryLimitMib * 1024 * 1024 * 0.9);
  const alerts = parse(readAsset('generator/emit/assets/alerts.yaml')) as readonly Alert[];
  return [
    {
      name: 'noetl-gateway',
      rules: alerts.map(({ alert, expr, for: duration, severity, summary }) => ({
        alert,
        expr: expr.replace('NEAR_MEMORY_LIMIT', String(nearMemoryLimit)),
        for: duration,
        labels: { severity },
        annotations: { summary, runbook_url: `${literalText(runbookUrl)}#${alert.toLowerCase()}` },
      })),
    },
  ];
}

const literalText = (text: string): string => text.replaceAll('{{', '{{"{{"}}');

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

/** The alerts for a Prometheus operator. */
export function prometheusRule(settings: ManifestSettings): IPrometheusRule {
  return {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PrometheusRule',
    metadata: metadata(settings, names.app),
    spec: { groups: ruleGroups(settings) },
  };
}
