import { AsyncLocalStorage } from 'node:async_hooks';

/** Which exchange some code runs for. */
export interface ExchangeMarks {
  /** Made here, unique. */
  readonly requestId: string;
  /** What the caller sent as `x-request-id`, when it is short and plain. */
  readonly callerRequestId?: string;
  /** Worked out here from the socket and the configured proxies. */
  readonly clientIp: string;
}

interface Scope {
  readonly marks: ExchangeMarks | undefined;
  readonly endings: (() => void)[];
  isOver: boolean;
}

const scope = new AsyncLocalStorage<Scope>();

/** Runs the work of one exchange; what is to be given back at its end is given back then, whatever its outcome. */
export async function withinExchange<T>(work: () => Promise<T>, marks?: ExchangeMarks): Promise<T> {
  const current: Scope = { marks, endings: [], isOver: false };
  try {
    return await scope.run(current, work);
  } finally {
    current.isOver = true;
    for (const end of current.endings) end();
  }
}

/** Calls back when the exchange that this code runs for is over; at once when it is over, and outside of exchanges. */
export function whenExchangeEnds(end: () => void): void {
  const current = scope.getStore();
  if (current === undefined || current.isOver) end();
  else current.endings.push(end);
}

/** The exchange that this code runs for; undefined for the gateway's own work. */
export const currentExchange = (): ExchangeMarks | undefined => scope.getStore()?.marks;
