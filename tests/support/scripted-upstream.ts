import type { Upstream, UpstreamCall, UpstreamReply } from '../../plugins/ports.ts';

type Answer = Partial<UpstreamReply> | Error | ((call: UpstreamCall) => Partial<UpstreamReply>);

/**
 * An upstream whose answers are written down: by `METHOD /path`, one after another, the last one for ever. What is not
 * written down is 404.
 */
export function scriptedUpstream(script: Readonly<Record<string, readonly Answer[] | Answer>>) {
  const calls: UpstreamCall[] = [];
  const asked = new Map<string, number>();
  const upstream: Upstream = {
    async request(call) {
      calls.push(call);
      const key = `${call.method} ${call.path}`;
      const written = script[key];
      const answers: readonly Answer[] = Array.isArray(written)
        ? written
        : written === undefined
          ? []
          : [written as Answer];
      const index = asked.get(key) ?? 0;
      asked.set(key, index + 1);
      const answer = answers[Math.min(index, answers.length - 1)] ?? {
        status: 404,
        body: { detail: 'nothing is written down for this' },
      };
      if (answer instanceof Error) throw answer;
      const reply = typeof answer === 'function' ? answer(call) : answer;
      return { status: 200, body: undefined, date: undefined, ...reply };
    },
  };
  const seen = () => calls.map((call) => `${call.method} ${call.path}`);
  return { upstream, calls, seen };
}

/** An upstream with one answer to every call. */
export function answeringUpstream(status: number, body: unknown) {
  const calls: UpstreamCall[] = [];
  const upstream: Upstream = {
    async request(call) {
      calls.push(call);
      return { status, body, date: undefined };
    },
  };
  return { upstream, calls };
}
