import type { ReadinessReport } from '../console/gateway-health.ts';

/**
 * One answer of all workers: a check fails when it fails in any of them, since the kernel goes on giving it connections.
 * @param reports of the workers that run; undefined: that one did not answer
 * @param count how many there should be
 */
export function mergeReadiness(reports: readonly (ReadinessReport | undefined)[], count: number): ReadinessReport {
  const answered = reports.filter((report) => report !== undefined);
  const checks: Record<string, 'ok' | 'failing'> = {};
  for (const report of answered) {
    for (const [name, state] of Object.entries(report.checks)) if (checks[name] !== 'failing') checks[name] = state;
  }
  const isSilent = answered.length < reports.length;
  if (isSilent || answered.length === 0) checks['workers'] = 'failing';
  // A worker that is being started again gets no connections, so it fails nothing.
  const missing = count - reports.length;
  return {
    ready: answered.length > 0 && !isSilent && answered.every(({ ready }) => ready),
    checks,
    notes: {
      ...Object.assign({}, ...answered.map(({ notes }) => notes)),
      ...(missing > 0 && { workers: `${missing} of ${count} workers do not run; they are started again` }),
    },
  };
}
