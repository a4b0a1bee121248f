import type { Observe } from '../../core/observe.ts';
import type { Upstream } from '../../core/ports.ts';

export interface DriftWatchOptions {
  readonly upstream: Upstream;
  /** Hash of what the pulled document says. */
  readonly lockedHash: string;
  /** The same of a live one. */
  readonly hashOf: (document: Readonly<Record<string, unknown>>) => string;
  readonly observe: Observe;
  /** Told what is known, in words: for `/ready` and the log. */
  readonly tell: (state: DriftState, text: string) => void;
  readonly everyMs?: number;
  /** The pause after a look that NoETL did not answer: it may have started later than the gateway. Default a minute. */
  readonly soonMs?: number;
}

/** `unknown`: NoETL does not publish its document, or does not answer. */
export type DriftState = 'same' | 'differs' | 'unknown';

export interface DriftWatch {
  /** One look. Never throws. */
  look(): Promise<DriftState>;
  stop(): void;
}

const texts: Readonly<Record<DriftState, string>> = {
  same: 'NoETL’s live document is the pulled one',
  differs: 'NoETL’s live document differs from the pulled one: run noetl-gateway diff, then pull and generate',
  unknown: 'NoETL’s live document could not be read',
};

/**
 * Compares NoETL's live document with the one that the schema was generated from, now and every hour, sooner while NoETL does
 * not answer. It says what it finds and stops nothing: what is open was decided when generating.
 */
export function createDriftWatch(options: DriftWatchOptions): DriftWatch {
  const { observe, tell, everyMs = 3_600_000, soonMs = 60_000 } = options;
  let last: DriftState | undefined;
  /** An outage does not undo what was found before it. */
  let found: DriftState | undefined;
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;

  function next(ms: number): void {
    clearTimeout(timer);
    if (!stopped) timer = setTimeout(() => void look(), ms).unref();
  }

  async function look(): Promise<DriftState> {
    const { state, answered } = await compare(options);
    next(answered ? everyMs : soonMs);
    if (state !== 'unknown' && state !== found) {
      if (state === 'differs' || found === 'differs') observe({ type: 'document_drift', drifted: state === 'differs' });
      found = state;
    }
    if (state !== last) tell(state, texts[state]);
    last = state;
    return state;
  }

  return {
    look,
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
}: DriftWatchOptions): Promise<{ readonly state: DriftState; readonly answered: boolean }> {
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
    if (status !== 200 || typeof body !== 'object' || body === null || !('paths' in body)) {
      return { state: 'unknown', answered: status < 500 };
    }
    // Numbers as `pull` read them: the client of the upstream keeps digits that JSON.parse does not.
    const same = hashOf(JSON.parse(JSON.stringify(body))) === lockedHash;
    return { state: same ? 'same' : 'differs', answered: true };
  } catch {
    return { state: 'unknown', answered: false };
  }
}
