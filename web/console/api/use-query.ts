import { QueryClient, QueryObserver, type QueryObserverResult } from '@tanstack/query-core';
import { useEffect, useState } from 'preact/hooks';
import { CallFailed } from './gateway.ts';

/** Refusals are final; what may pass is tried again. */
const mayPass = (error: Error): boolean => !(error instanceof CallFailed) || error.status === 0 || error.status >= 502;

export const queries = new QueryClient({
  defaultOptions: {
    queries: { retry: (count, error) => count < 2 && mayPass(error), staleTime: 1_000, refetchOnWindowFocus: true },
  },
});

export interface QueryUse<T> {
  readonly key: readonly unknown[];
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
  const [observer] = useState(() => new QueryObserver<T>(queries, options as never));
  const [, show] = useState(0);
  const result = observer.getOptimisticResult(queries.defaultQueryOptions(options as never));
  useEffect(() => observer.subscribe(() => show((count) => count + 1)), [observer]);
  // Cheap where nothing has changed: the observer compares.
  useEffect(() => observer.setOptions(options as never));
  return result as QueryObserverResult<T>;
}
