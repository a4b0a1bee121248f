import type { Clock } from '../../plugins/clock.ts';
import type { ResolvedConfig } from '../config/gateway-config.ts';
import type { ReadinessReport } from '../console/gateway-health.ts';
import type { MetricsJson } from '../observe/metrics.ts';
import type { Channel, MessageHandlers } from './channel.ts';
import { mergeReadiness } from './merge-readiness.ts';
import { auditOfWorkers } from './merged-audit.ts';
import { createMergedMetrics } from './merged-metrics.ts';
import { createSharedMemory } from './shared-memory.ts';

/** What the first process knows of its workers: it answers for all of them, and holds what they share. */
export interface Crew {
  /** A worker runs at a place, from 1 on. */
  join(place: number, channel: Channel): void;
  /** The worker at that place has ended. @param isReplaced another one takes its place */
  leave(place: number, isReplaced: boolean): void;
  /** Asks every worker to finish its work and end. */
  stop(): void;
}

/** Longer than the probes of `/ready` take. */
const readyTimeoutMs = 5_000;
const metricsTimeoutMs = 2_000;
/** Less than a worker waits for the first process. */
const lookTimeoutMs = 700;

/** @param config of all workers, with limits for the whole process group */
export function createCrew(config: ResolvedConfig, count: number, clock: Clock): Crew {
  // Workers that run, by their place.
  const channels = new Map<number, Channel>();
  const metrics = createMergedMetrics(() => channels.size);
  const tellAll = (name: string, ...args: readonly unknown[]) => {
    for (const channel of channels.values()) channel.tell(name, ...args);
  };
  /** What each worker answers; undefined where it does not. */
  const askAll = async <T>(name: string, args: readonly unknown[], timeoutMs?: number) =>
    new Map(
      await Promise.all(
        [...channels].map(async ([place, channel]): Promise<[number, T | undefined]> => {
          const answer = await channel.ask(name, args, timeoutMs).catch(() => undefined);
          return [place, answer as T | undefined];
        }),
      ),
    );
  const look = async <T>(name: string, args: readonly unknown[]) => [
    ...(await askAll<T>(name, args, lookTimeoutMs)).values(),
  ];
  const merged = async () => metrics.merge(await askAll<MetricsJson>('metrics', [], metricsTimeoutMs));
  const handlers: MessageHandlers = {
    ...createSharedMemory(config, clock, tellAll),
    ...auditOfWorkers(look),
    'crew.recent': () => look('recent', []),
    'crew.metrics': async () => metrics.text(await merged()),
    'crew.ready': async () =>
      mergeReadiness([...(await askAll<ReadinessReport>('ready', [], readyTimeoutMs)).values()], count),
    // The callback's secret is known to the worker alone that has started the auth playbook.
    'crew.expects': async (path: string) =>
      [...(await askAll<boolean>('callback.expected', [path]))].find(([, isExpected]) => isExpected === true)?.[0],
    'crew.deliver': async (place: number, path: string, text: string) =>
      channels.get(place)?.ask('callback.deliver', [path, text]),
  };
  return {
    join(place, channel) {
      channel.handle(handlers);
      channels.set(place, channel);
    },
    // The numbers of the ended worker are kept: the next one at this place begins at zero.
    leave(place, isReplaced) {
      channels.delete(place);
      metrics.retire(place);
      if (isReplaced) metrics.restarted();
    },
    stop: () => tellAll('stop'),
  };
}
