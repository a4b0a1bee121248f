import { useSession } from './me.ts';
import { useQuery } from './use-query.ts';

/** The policy that counts now. */
export function useAccess() {
  const { gateway } = useSession();
  return useQuery({
    key: ['access'],
    ask: (signal) => gateway.section('access', undefined, signal),
    // A policy file can change while the page is open.
    everyMs: 10_000,
  });
}
