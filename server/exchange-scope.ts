import { AsyncLocalStorage } from 'node:async_hooks';

const scope = new AsyncLocalStorage<(() => void)[]>();

/** Runs the work of one exchange; what is to be given back at its end is given back then, whatever its outcome. */
export async function withinExchange<T>(work: () => Promise<T>): Promise<T> {
  const endings: (() => void)[] = [];
  try {
    return await scope.run(endings, work);
  } finally {
    for (const end of endings) end();
  }
}

/** Calls back when the exchange that this code runs for is over; at once when there is no exchange. */
export function whenExchangeEnds(end: () => void): void {
  const endings = scope.getStore();
  if (endings === undefined) end();
  else endings.push(end);
}
