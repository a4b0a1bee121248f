import type { ResolvedConfig } from '../config/gateway-config.ts';

type Limits = ResolvedConfig['limits'];
type Events = ResolvedConfig['events'];

/** What one process may hold at a time. Rates are counted for all workers together and stay whole. */
const atOnce = [
  'validationsAtOnce',
  'validationsWaiting',
  'startsAtOnce',
  'userCallsAtOnce',
  'connections',
  'requestBytesInFlight',
  'upstreamBytesInFlight',
  'responseBytesInFlight',
] as const satisfies readonly (keyof Limits)[];

/** The same of one user or address, where a request beyond the limit is refused. */
const atOnceOfOne = ['userCallsWaiting', 'connectionsPerAddress'] as const satisfies readonly (keyof Limits)[];
const streamsOfOne = ['streamsPerUser', 'streamsPerAddress'] as const satisfies readonly (keyof Events)[];

/** The kernel places few connections unevenly: all that a browser or an app opens can reach the same worker. */
const leastOfOne = 20;

/**
 * The config of one worker: its share of what all of them may hold at a time, rounded up, so that a limit is never
 * zero. The share of one user or address is at least 20, or the limit where that is less. `executions.maxWatches` and
 * `events.pendingPerUser` stay whole: they count executions, and one connection can start all of them (ADR 0019).
 * @param count of workers; with one there is nothing to share
 */
export function shareLimits(config: ResolvedConfig, count: number): ResolvedConfig {
  if (count < 2) return config;
  const { limits, events, executions } = config;
  const share = (limit: number) => Math.ceil(limit / count);
  const shareOfOne = (limit: number) => Math.max(share(limit), Math.min(limit, leastOfOne));
  return {
    ...config,
    limits: { ...limits, ...each(limits, atOnce, share), ...each(limits, atOnceOfOne, shareOfOne) },
    events: { ...events, streams: share(events.streams), ...each(events, streamsOfOne, shareOfOne) },
    executions: { ...executions, keepBytes: share(executions.keepBytes) },
  };
}

const each = <Name extends string>(
  values: Readonly<Record<Name, number>>,
  names: readonly Name[],
  of: (value: number) => number,
) => Object.fromEntries(names.map((name) => [name, of(values[name])])) as Record<Name, number>;
