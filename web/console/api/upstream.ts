import { useSession } from './me.ts';
import { useQuery } from './use-query.ts';

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
