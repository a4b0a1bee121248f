import { AsyncLocalStorage } from 'node:async_hooks';

/** Where a request is in a trace, by W3C Trace Context. */
export interface TraceContext {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** 16 hexadecimal digits: the span that calls. */
  readonly spanId: string;
  /** Two hexadecimal digits; `01`: the trace is sampled. */
  readonly flags: string;
  /** The `tracestate` of tracing systems, unchanged. */
  readonly state?: string;
}

/** Version, trace, parent, flags; later versions may have more behind a dash. */
const form = /^(?!ff)([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?$/;
const zeros = /^0+$/;
const longestState = 512;
/** Printable ASCII: nothing that could end a header. */
const stateForm = /^[\x20-\x7e]+$/;

type Header = string | readonly string[] | undefined;

/** Reads the headers `traceparent` and `tracestate`. @returns undefined when there is no valid `traceparent` */
export function parseTraceContext(traceparent: Header, tracestate: Header): TraceContext | undefined {
  if (typeof traceparent !== 'string' || traceparent.length > longestState) return undefined;
  const [, version, traceId, spanId, flags] = form.exec(traceparent) ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  if (zeros.test(traceId) || zeros.test(spanId) || (version === '00' && traceparent.length !== 55)) return undefined;
  const isState = typeof tracestate === 'string' && tracestate.length <= longestState && stateForm.test(tracestate);
  return { traceId, spanId, flags, ...(isState && { state: tracestate }) };
}

/** The headers that pass it to the next server. */
export function traceHeaders({ traceId, spanId, flags, state }: TraceContext): Record<string, string> {
  const traceparent = `00-${traceId}-${spanId}-${flags}`;
  return state === undefined ? { traceparent } : { traceparent, tracestate: state };
}

/** Which exchange some code runs for. */
export interface ExchangeMarks {
  /** Made here, unique. */
  readonly requestId: string;
  /** The caller's `x-request-id`, when it is short and plain. */
  readonly callerRequestId?: string;
  /** Worked out here from the socket and the configured proxies. */
  readonly clientIp: string;
  /** The trace that the caller has begun. */
  readonly trace?: TraceContext;
}

interface Scope {
  readonly marks: ExchangeMarks | undefined;
  readonly ending: Ending | undefined;
  readonly trace: TraceContext | undefined;
}

interface Ending {
  readonly endings: (() => void)[];
  isOver: boolean;
}

const scope = new AsyncLocalStorage<Scope>();

/** One exchange. What is to be given back at its end is given back by `end`. */
export class ExchangeScope {
  readonly #ending: Ending = { endings: [], isOver: false };
  readonly #scope: Scope;

  constructor(marks?: ExchangeMarks) {
    this.#scope = { marks, ending: this.#ending, trace: marks?.trace };
  }

  run<A, T>(work: (given: A) => T, given: A): T {
    return scope.run(this.#scope, work, given);
  }

  end(): void {
    this.#ending.isOver = true;
    for (const end of this.#ending.endings) end();
  }
}

/** Runs the work of one exchange to its end, whatever its outcome. */
export async function withinExchange<T>(work: () => Promise<T>, marks?: ExchangeMarks): Promise<T> {
  const exchange = new ExchangeScope(marks);
  try {
    return await exchange.run(work, undefined);
  } finally {
    exchange.end();
  }
}

/** Calls back when the exchange that this code runs for is over; at once when it is over, and outside of exchanges. */
export function whenExchangeEnds(end: () => void): void {
  const ending = scope.getStore()?.ending;
  if (ending === undefined || ending.isOver) end();
  else ending.endings.push(end);
}

/** Runs work for which calls go out under another span of the trace. */
export function withinTrace<T>(trace: TraceContext, work: () => T): T {
  const { marks, ending } = scope.getStore() ?? { marks: undefined, ending: undefined };
  return scope.run({ marks, ending, trace }, work);
}

/** The trace that calls which this code makes belong to; undefined outside of traces. */
export const currentTrace = (): TraceContext | undefined => scope.getStore()?.trace;

/** The exchange that this code runs for; undefined for the gateway's own work. */
export const currentExchange = (): ExchangeMarks | undefined => scope.getStore()?.marks;
