import { alertsOf } from './alerts.ts';

/**
 * The alerts as Prometheus reads them.
 * @param memoryMiB the memory limit of a pod
 * @param runbookUrl of the page with a section for each alert; Alertmanager and its clients show it as a link
 */
export function ruleGroups(memoryMiB: number, runbookUrl: string) {
  return [
    {
      name: 'noetl-gateway',
      rules: alertsOf(memoryMiB).map(({ name, expr, for: duration, severity, summary }) => ({
        alert: name,
        expr,
        for: duration,
        labels: { severity },
        annotations: { summary, runbook_url: `${runbookUrl}#${name.toLowerCase()}` },
      })),
    },
  ];
}
