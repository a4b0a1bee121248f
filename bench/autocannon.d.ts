/** What this folder uses of it; it has no types of its own. */
declare module 'autocannon' {
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
