import type { CallClass, Upstream } from '../../plugins/ports.ts';

/** The upstream with another class for the calls without a class of their own. */
export function ofClass(upstream: Upstream, callClass: CallClass): Upstream {
  // First, so that a call's own class counts.
  return { request: (call) => upstream.request({ class: callClass, ...call }) };
}
