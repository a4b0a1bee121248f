import { QueryClient, QueryObserver, type QueryObserverResult } from '@tanstack/query-core';
import { useEffect, useState } from 'preact/hooks';
import { CallFailed } from './gateway-client.ts';

/**
 * Refusals are final; what may pass is tried again: no answer at all (status 0), or a proxy or NoETL that is not
 * reachable.
 */
const mayPass = (error: Error): boolean => !(error instanceof CallFailed) || error.status === 0 || error.status >= 502;

/**
 * The answers of the page. A second is fresh enough that parts which appear together ask once. It must be emptied when
 * the session changes: keys do not name the user.
 */
export const queries = new QueryClient({
  defaultOptions: {
    queries: { retry: (count, error) => count < 2 && mayPass(error), staleTime: 1_000, refetchOnWindowFocus: true },
  },
});

export interface QueryUse<T> {
  /** Names the question. Equal keys share one answer, so a key has everything that `ask` depends on. */
  readonly key: readonly unknown[];
  /** @param signal aborted when the answer is no longer needed */
  readonly ask: (signal: AbortSignal) => Promise<T>;
  readonly enabled?: boolean;
  /** Asks again after this; not while the page is hidden. */
  readonly everyMs?: number | ((data: T | undefined) => number | false);
  /** Shows the answer before while another key is asked. */
  readonly keepsLast?: boolean;
}

/** TanStack Query for Preact: the answer to a question, shared by all parts of the page that ask it. */
export function useQuery<T>({ key, ask, enabled = true, everyMs, keepsLast }: QueryUse<T>): QueryObserverResult<T> {
  const options = {
    queryKey: key,
    queryFn: ({ signal }: { signal: AbortSignal }) => ask(signal),
    enabled,
    ...(everyMs !== undefined && {
      refetchInterval: (query: { state: { data: T | undefined } }) =>
        typeof everyMs === 'function' ? everyMs(query.state.data) : everyMs,
    }),
    ...(keepsLast === true && { placeholderData: (before: T | undefined) => before }),
  };
  // One observer for the life of the part; its options follow below.
  const [observer] = useState(() => new QueryObserver<T>(queries, options as never));
  const [, show] = useState(0);
  // The answer for the options of this drawing. The observer's own is one drawing behind after a change of the key.
  const result = observer.getOptimisticResult(queries.defaultQueryOptions(options as never));
  useEffect(() => observer.subscribe(() => show((count) => count + 1)), [observer]);
  // Cheap where nothing has changed: the observer compares.
  useEffect(() => observer.setOptions(options as never));
  return result as QueryObserverResult<T>;
}
