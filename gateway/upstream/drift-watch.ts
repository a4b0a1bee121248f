import type { Clock } from '../../plugins/clock.ts';
import { GatewayError } from '../../plugins/errors.ts';
import type { PulledDocument, UpstreamReport } from '../../plugins/noetl/upstream-answer.ts';
import type { Observe } from '../../plugins/observe.ts';
import type { Upstream } from '../../plugins/ports.ts';
import type { DocumentCheck } from './document-check.ts';

/** What a project knows of NoETL's document. */
export interface UpstreamKnowledge {
  readonly pulled: PulledDocument;
  /** @param live undefined: it is the pulled one. @throws when the document cannot be compared */
  readonly report: (live: Readonly<Record<string, unknown>> | undefined) => Promise<UpstreamReport>;
}

export interface DriftWatchOptions {
  /** One comparison; {@link checkDocument} makes it. */
  readonly check: () => Promise<DocumentCheck>;
  readonly observe: Observe;
  /** Receives each change: for `/ready` and the log. */
  readonly notify: (found: DocumentCheck) => void;
  readonly everyMs?: number;
  /** The pause after a look that NoETL did not answer: it may have started later than the gateway. Default a minute. */
  readonly soonMs?: number;
  readonly clock?: Clock;
}

/** The last look. Its live document is the last one that differs from the pulled one: an outage does not forget it. */
export interface DriftFound extends Omit<DocumentCheck, 'isOutage'> {
  readonly atMs: number;
}

/** Looks at NoETL's API from time to time. */
export interface DriftWatch {
  /** One look. Never throws. */
  look(): Promise<DriftFound>;
  /** Undefined before the first look. */
  found(): DriftFound | undefined;
  stop(): void;
}

/**
 * Compares NoETL's API with the document that the schema was generated from, now and every hour, sooner while NoETL does not
 * answer. It reports the difference and blocks no request: the open operations were decided by `generate`.
 */
export function createDriftWatch(options: DriftWatchOptions): DriftWatch {
  const { check, observe, notify, everyMs = 3_600_000, soonMs = 60_000, clock = Date.now } = options;
  let last: DriftFound | undefined;
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;

  function next(ms: number): void {
    clearTimeout(timer);
    if (!stopped) timer = setTimeout(() => void look(), ms).unref();
  }

  async function look(): Promise<DriftFound> {
    const { isOutage, ...seen } = await check();
    next(isOutage ? soonMs : everyMs);
    observe({ type: 'document_checked', state: seen.state });
    if (seen.state !== last?.state || seen.text !== last.text) notify({ isOutage, ...seen });
    last = { ...(seen.state === 'not checked' && last?.live && { live: last.live }), ...seen, atMs: clock() };
    return last;
  }

  return {
    look,
    found: () => last,
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}

/** A valid id that no execution has: a server whose database works answers 404. */
const noExecution = '1';
const timeoutMs = 3_000;

/**
 * Whether NoETL answers reads that touch its database; its `/health` reports only that the process runs. Two reads are made,
 * of different routes: one slow route must not take every replica out of the Service.
 * @param executionsPath where executions live upstream, `/api/executions`
 * @returns what is wrong although NoETL answers; undefined when nothing is
 * @throws ERR_UPSTREAM when no read is answered
 */
export async function probeUpstream(upstream: Upstream, executionsPath: string): Promise<string | undefined> {
  const answers = async (path: string, route: string, query: readonly (readonly [string, string])[] = []) => {
    const call = { method: 'GET', path, query, idempotent: true, timeoutMs, route, class: 'probe' } as const;
    const reply = await upstream.request(call).catch(() => undefined);
    return reply !== undefined && (reply.status < 400 || reply.status === 404);
  };
  const [list, detail] = await Promise.all([
    answers(executionsPath, executionsPath, [
      ['page', '1'],
      ['page_size', '1'],
    ]),
    answers(`${executionsPath}/${noExecution}`, `${executionsPath}/{execution_id}`, [['include_events', 'false']]),
  ]);
  if (!list && !detail) throw new GatewayError('ERR_UPSTREAM', 'NoETL does not answer a read');
  if (list && detail) return undefined;
  const failing = list ? `${executionsPath}/{execution_id}` : executionsPath;
  return `NoETL answers, but not GET ${failing} within ${timeoutMs / 1_000} s`;
}
