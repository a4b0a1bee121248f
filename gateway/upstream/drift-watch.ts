import type { Clock } from '../../plugins/clock.ts';
import { GatewayError } from '../../plugins/errors.ts';
import type { PulledDocument, UpstreamReport } from '../../plugins/noetl/upstream-answer.ts';
import type { Observe } from '../../plugins/observe.ts';
import type { Upstream } from '../../plugins/ports.ts';

/** Of NoETL's live document against the pulled one. `unknown`: NoETL does not publish its document, or does not answer. */
export type DriftState = 'same' | 'differs' | 'unknown';

/** What a project knows of NoETL's document. */
export interface UpstreamKnowledge {
  readonly pulled: PulledDocument;
  /** @param live undefined: it is the pulled one. @throws when the document cannot be compared */
  readonly report: (live: Readonly<Record<string, unknown>> | undefined) => Promise<UpstreamReport>;
}

export interface DriftWatchOptions {
  readonly upstream: Upstream;
  /** Hash of the pulled document. */
  readonly lockedHash: string;
  /** The same of a live one. */
  readonly hashOf: (document: Document) => string;
  readonly observe: Observe;
  /** Receives the state in words: for `/ready` and the log. */
  readonly notify: (state: DriftState, text: string) => void;
  readonly everyMs?: number;
  /** The pause after a look that NoETL did not answer: it may have started later than the gateway. Default a minute. */
  readonly soonMs?: number;
  readonly clock?: Clock;
}

type Document = Readonly<Record<string, unknown>>;

/** The last look. */
export interface DriftFound {
  readonly state: DriftState;
  readonly atMs: number;
  /** The last live document that differs from the pulled one, and its hash. An outage does not forget it. */
  readonly live?: { readonly hash: string; readonly document: Document };
}

/** Looks at NoETL's live document from time to time. */
export interface DriftWatch {
  /** One look. Never throws. */
  look(): Promise<DriftState>;
  /** Undefined before the first look. */
  found(): DriftFound | undefined;
  stop(): void;
}

const texts: Readonly<Record<DriftState, string>> = {
  same: 'NoETL’s live document is the pulled one',
  differs: 'NoETL’s live document differs from the pulled one: run noetl-gateway diff, then pull and generate',
  unknown: 'NoETL’s live document could not be read',
};

/**
 * Compares NoETL's live document with the one that the schema was generated from, now and every hour, sooner while NoETL does
 * not answer. It reports the difference and blocks no request: the open operations were decided by `generate`.
 */
export function createDriftWatch(options: DriftWatchOptions): DriftWatch {
  const { observe, notify, everyMs = 3_600_000, soonMs = 60_000, clock = Date.now } = options;
  let last: DriftFound | undefined;
  /** An outage does not undo what was found before it. */
  let found: DriftState | undefined;
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;

  function next(ms: number): void {
    clearTimeout(timer);
    if (!stopped) timer = setTimeout(() => void look(), ms).unref();
  }

  async function look(): Promise<DriftState> {
    const { answered, ...seen } = await compare(options);
    next(answered ? everyMs : soonMs);
    note(seen.state);
    if (seen.state !== last?.state) notify(seen.state, texts[seen.state]);
    last = { ...(seen.state === 'unknown' && last?.live && { live: last.live }), ...seen, atMs: clock() };
    return seen.state;
  }

  /**
   * The metric goes up and down once for each change; `unknown` leaves it, since an outage proves nothing about the
   * document.
   */
  function note(state: DriftState): void {
    if (state === 'unknown' || state === found) return;
    if (state === 'differs' || found === 'differs') observe({ type: 'document_drift', drifted: state === 'differs' });
    found = state;
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

async function compare({
  upstream,
  lockedHash,
  hashOf,
}: DriftWatchOptions): Promise<Pick<DriftFound, 'state' | 'live'> & { readonly answered: boolean }> {
  const path = '/openapi.json';
  try {
    const { status, body } = await upstream.request({
      method: 'GET',
      path,
      idempotent: true,
      timeoutMs: 10_000,
      route: path,
      class: 'probe',
    });
    // 404 is an answer: NoETL does not publish its document, and asking soon does not help.
    if (status !== 200 || typeof body !== 'object' || body === null || !('paths' in body)) {
      return { state: 'unknown', answered: status < 500 };
    }
    // Numbers as `pull` read them: the client of the upstream keeps digits that JSON.parse does not.
    const document = JSON.parse(JSON.stringify(body)) as Document;
    const hash = hashOf(document);
    if (hash === lockedHash) return { state: 'same', answered: true };
    return { state: 'differs', answered: true, live: { hash, document } };
  } catch {
    return { state: 'unknown', answered: false };
  }
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
