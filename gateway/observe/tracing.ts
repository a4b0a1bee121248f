import type { Answer } from '../http/answer.ts';
import type { Exchange } from '../http/exchange.ts';
import type { UpstreamClient } from '../upstream/undici-upstream.ts';
import type { Logger } from './logger.ts';
import type { MetricsJson } from './metrics.ts';

type Handle = (exchange: Exchange) => Promise<Answer>;

/** Traces and metrics for a collector. Wraps what it watches once, at the start; without it nothing is wrapped. */
export interface Tracing {
  /** A span for each exchange; the parent is the caller's, when it sent one. */
  handle(handle: Handle): Handle;
  /** A span for work inside an exchange. What it throws goes on, and is noted. */
  span<T>(name: string, work: () => Promise<T>): Promise<T>;
  /** A span for each call to NoETL, which becomes the parent of NoETL's own. */
  upstream(client: UpstreamClient): UpstreamClient;
  /** Begins to send metrics, and logs what it cannot send. Once. */
  start(read: () => Promise<MetricsJson>, log: Logger): void;
  /** Sends what is left. */
  stop(): Promise<void>;
}
