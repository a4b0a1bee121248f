import { AsyncLocalStorage } from 'node:async_hooks';
import type { TraceContext } from './trace-context.ts';

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
