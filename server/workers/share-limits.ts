import type { ResolvedConfig } from '../../core/config/resolved-config.ts';

/** What one process may hold at a time. Rates are counted for all workers together and stay whole. */
const atOnce = [
  'validationsAtOnce',
  'validationsWaiting',
  'startsAtOnce',
  'userCallsAtOnce',
  'userCallsWaiting',
  'connections',
  'connectionsPerAddress',
  'requestBytesInFlight',
  'upstreamBytesInFlight',
  'responseBytesInFlight',
] as const satisfies readonly (keyof ResolvedConfig['limits'])[];

/**
 * The config of one worker: its share of what all of them may hold at a time, rounded up, so that a limit is never
 * zero.
 * @param count of workers; with one there is nothing to share
 */
export function shareLimits(config: ResolvedConfig, count: number): ResolvedConfig {
  if (count < 2) return config;
  const share = (limit: number) => Math.ceil(limit / count);
  const shared = Object.fromEntries(atOnce.map((name) => [name, share(config.limits[name])]));
  return {
    ...config,
    limits: { ...config.limits, ...shared },
    executions: { ...config.executions, keepBytes: share(config.executions.keepBytes) },
  };
}
