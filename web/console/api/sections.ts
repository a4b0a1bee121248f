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

/**
 * The newest comparison. It causes no look at NoETL after the first one: the gateway looks each hour, or when it is
 * asked with `look`.
 */
export function useUpstream() {
  const { gateway } = useSession();
  return useQuery({
    key: ['upstream'],
    ask: (signal) => gateway.section('upstream', undefined, signal),
    // Another operator, or the hourly look, can bring a newer one.
    everyMs: 30_000,
  });
}
