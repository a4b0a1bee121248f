import { alertsOf } from './alerts.ts';

/** The alerts as Prometheus reads them. @param memoryMiB the memory limit of a pod */
export function ruleGroups(memoryMiB: number) {
  return [
    {
      name: 'noetl-gateway',
      rules: alertsOf(memoryMiB).map(({ name, expr, for: duration, severity, summary }) => ({
        alert: name,
        expr,
        for: duration,
        labels: { severity },
        annotations: { summary, runbook: `docs/operate.md#${name.toLowerCase()}` },
      })),
    },
  ];
}
