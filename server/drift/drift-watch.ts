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
 * Compares NoETL's live document with the one that the schema was generated from, now and every hour. It says what it
 * finds and stops nothing: what is open was decided when generating.
 */
export function createDriftWatch(options: DriftWatchOptions): DriftWatch {
  const { observe, tell, everyMs = 3_600_000 } = options;
  let last: DriftState | undefined;
  const look = async (): Promise<DriftState> => {
    const state = await compare(options);
    if (state === last) return state;
    if (state === 'differs' || last === 'differs') observe({ type: 'document_drift', drifted: state === 'differs' });
    last = state;
    tell(state, texts[state]);
    return state;
  };
  const timer = setInterval(() => void look(), everyMs);
  timer.unref();
  return { look, stop: () => clearInterval(timer) };
}

async function compare({ upstream, lockedHash, hashOf }: DriftWatchOptions): Promise<DriftState> {
  const path = '/openapi.json';
  try {
    const { status, body } = await upstream.request({
      method: 'GET',
      path,
      idempotent: true,
      timeoutMs: 10_000,
      route: path,
    });
    if (status !== 200 || typeof body !== 'object' || body === null || !('paths' in body)) return 'unknown';
    // Numbers as `pull` read them: the client of the upstream keeps digits that JSON.parse does not.
    return hashOf(JSON.parse(JSON.stringify(body))) === lockedHash ? 'same' : 'differs';
  } catch {
    return 'unknown';
  }
}
