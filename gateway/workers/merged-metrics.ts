import { AggregatorRegistry, Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { MetricsJson } from '../observe/metrics.ts';

/** The numbers of all processes, as those of one. */
export interface MergedMetrics {
  /** A worker has ended, and another one takes its place. */
  restarted(): void;
  /** Keeps the numbers of a worker that has ended, so that no counter falls. */
  retire(place: number): void;
  /**
   * Adds up.
   * @param current of each worker that runs, by its place; undefined: it did not answer, and its last numbers count
   */
  merge(current: ReadonlyMap<number, MetricsJson | undefined>): Promise<MetricsJson>;
  /** The same in Prometheus' text format. */
  text(merged: MetricsJson): Promise<{ readonly type: string; readonly body: string }>;
}

/** @param running how many workers run now */
export function createMergedMetrics(running: () => number): MergedMetrics {
  const own = new Registry();
  collectDefaultMetrics({ register: own });
  const registers = [own];
  new Gauge({
    name: 'noetl_gateway_workers',
    help: 'Worker processes that run.',
    registers,
    collect() {
      this.set(running());
    },
  });
  const restarts = new Counter({
    name: 'noetl_gateway_worker_restarts_total',
    help: 'Worker processes that ended and were started again.',
    registers,
  });
  // By place, the newest numbers of each worker that runs.
  const last = new Map<number, MetricsJson>();
  let retired: MetricsJson = [];
  const add = async (...all: readonly MetricsJson[]): Promise<MetricsJson> =>
    AggregatorRegistry.aggregate(all.map((metrics) => metrics.map(byWorst))).getMetricsAsJSON();

  return {
    restarted: () => restarts.inc(),
    retire(place) {
      const ended = last.get(place);
      if (ended === undefined) return;
      last.delete(place);
      retired = [...retired, ...ended.filter(isCounted)];
    },
    async merge(current) {
      for (const [place, numbers] of current) if (numbers !== undefined) last.set(place, numbers);
      // Many ended workers become one list, so that memory does not grow with restarts.
      retired = await add(retired);
      const ofRunning = [...current.keys()].map((place) => last.get(place) ?? []);
      // The first process serves nothing: the delay of its event loop is not the gateway's.
      const ofFirst = (await own.getMetricsAsJSON()).filter(({ name }) => !name.startsWith('nodejs_'));
      return add(ofFirst, ...ofRunning, retired);
    },
    async text(merged) {
      const registry = AggregatorRegistry.aggregate([merged]);
      return { type: registry.contentType, body: await registry.metrics() };
    },
  };
}

/** What only grows. Gauges of a process end with it. */
const isCounted = ({ type }: MetricsJson[number]): boolean => ['counter', 'histogram'].includes(String(type));

/** One worker that hangs must not be hidden by others that do not: an average becomes a maximum. */
const byWorst = (metric: MetricsJson[number]): MetricsJson[number] =>
  String(metric.aggregator) === 'average' ? { ...metric, aggregator: 'max' } : metric;
