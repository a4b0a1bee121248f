/** What this folder uses of autocannon, which ships no types. */
declare module 'autocannon' {
  // One connection of the load.
  interface Client<Request> {
    setRequests(requests: readonly Request[]): void;
  }
  interface Options<Request> {
    readonly url: string;
    readonly requests: readonly Request[];
    readonly connections: number;
    /** Seconds. */
    readonly duration: number;
    readonly setupClient: (client: Client<Request>) => void;
  }
  /**
   * `errors` are connections that failed and timeouts; `non2xx` are answers with another status, which autocannon does
   * not count as errors.
   */
  interface Result {
    readonly errors: number;
    readonly non2xx: number;
    readonly requests: { readonly total: number };
    /** Milliseconds. */
    readonly latency: { readonly p50: number; readonly p99: number };
  }
  function autocannon<Request>(options: Options<Request>): Promise<Result>;
  export = autocannon;
}
