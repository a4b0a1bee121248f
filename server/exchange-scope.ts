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
}

const scope = new AsyncLocalStorage<Scope>();

/** Runs the work of one exchange; what is to be given back at its end is given back then, whatever its outcome. */
export async function withinExchange<T>(work: () => Promise<T>, marks?: ExchangeMarks): Promise<T> {
  const endings: (() => void)[] = [];
  try {
    return await scope.run({ marks, endings }, work);
  } finally {
    for (const end of endings) end();
  }
}

/** Calls back when the exchange that this code runs for is over; at once when there is no exchange. */
export function whenExchangeEnds(end: () => void): void {
  const current = scope.getStore();
  if (current === undefined) end();
  else current.endings.push(end);
}

/** The exchange that this code runs for; undefined for the gateway's own work. */
export const currentExchange = (): ExchangeMarks | undefined => scope.getStore()?.marks;
