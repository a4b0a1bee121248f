import autocannon from 'autocannon';

/** One kind of request, as autocannon wants it, and as `wrk.ts` writes it into its script. */
export interface LoadRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** What a load measured. Latencies are milliseconds. */
export interface LoadResult {
  readonly requestsPerSecond: number;
  readonly requests: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly failed: number;
}

/**
 * Sends the requests in turn, over and over, each connection from another place on, so that connections do not ask for
 * the same at once.
 * @param seconds how long
 * @param connections kept open, one request at a time on each
 * @throws when one of them is not answered with 2xx: an error is answered sooner than data, and would look like speed
 */
export async function load(
  url: string,
  requests: readonly LoadRequest[],
  seconds: number,
  connections = 32,
): Promise<LoadResult> {
  let started = 0;
  const result = await autocannon({
    url,
    requests,
    connections,
    duration: seconds,
    setupClient(client) {
      const first = (started++ * 7) % requests.length;
      client.setRequests([...requests.slice(first), ...requests.slice(0, first)]);
    },
  });
  const failed = result.errors + result.non2xx;
  if (failed > 0) throw new Error(`${failed} of ${result.requests.total} requests to ${url} failed`);
  return {
    requestsPerSecond: Math.round(result.requests.total / seconds),
    requests: result.requests.total,
    p50Ms: result.latency.p50,
    p99Ms: result.latency.p99,
    failed,
  };
}
