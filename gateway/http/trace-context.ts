/** Where a request is in a trace, by W3C Trace Context. */
export interface TraceContext {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** 16 hexadecimal digits: the span that calls. */
  readonly spanId: string;
  /** Two hexadecimal digits; `01`: the trace is sampled. */
  readonly flags: string;
  /** The `tracestate` of tracing systems, unchanged. */
  readonly state?: string;
}

/** Version, trace, parent, flags; later versions may have more behind a dash. */
const form = /^(?!ff)([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?$/;
const zeros = /^0+$/;
const longestState = 512;
/** Printable ASCII: nothing that could end a header. */
const stateForm = /^[\x20-\x7e]+$/;

type Header = string | readonly string[] | undefined;

/** Reads the headers `traceparent` and `tracestate`. @returns undefined when there is no valid `traceparent` */
export function parseTraceContext(traceparent: Header, tracestate: Header): TraceContext | undefined {
  if (typeof traceparent !== 'string' || traceparent.length > longestState) return undefined;
  const [, version, traceId, spanId, flags] = form.exec(traceparent) ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  if (zeros.test(traceId) || zeros.test(spanId) || (version === '00' && traceparent.length !== 55)) return undefined;
  const isState = typeof tracestate === 'string' && tracestate.length <= longestState && stateForm.test(tracestate);
  return { traceId, spanId, flags, ...(isState && { state: tracestate }) };
}

/** The headers that pass it to the next server. */
export function traceHeaders({ traceId, spanId, flags, state }: TraceContext): Record<string, string> {
  const traceparent = `00-${traceId}-${spanId}-${flags}`;
  return state === undefined ? { traceparent } : { traceparent, tracestate: state };
}
