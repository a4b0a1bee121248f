import { resolveDeploy } from '../../../gateway/config/resolve-config.ts';
import type { Emitter } from '../emitter.ts';
import { yamlFile } from '../manifests/render-yaml.ts';
import { dashboard } from './dashboard.ts';
import { ruleGroups } from './rule-groups.ts';

/** `deploy/monitoring`: Prometheus rules for those who have no operator, and a Grafana dashboard. */
export const emitMonitoring: Emitter = ({ config }) => {
  const { resources, runbookUrl } = resolveDeploy(config);
  return [
    yamlFile(
      'deploy/monitoring/noetl-gateway.rules.yaml',
      { groups: ruleGroups(resources.memoryLimitMib, runbookUrl) },
      ['Alerts for `rule_files` of Prometheus; each names the section of its runbook.'],
    ),
    { path: 'deploy/monitoring/grafana-dashboard.json', content: `${JSON.stringify(dashboard(), null, 2)}\n` },
  ];
};
