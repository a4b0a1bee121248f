import type { CallClass, Upstream } from '../../core/ports.ts';

/** The upstream with another class for the calls that name none. */
export function ofClass(upstream: Upstream, callClass: CallClass): Upstream {
  return { request: (call) => upstream.request({ class: callClass, ...call }) };
}
