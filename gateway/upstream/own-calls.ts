import { isDeepStrictEqual } from 'node:util';
import { isJsonObject, type JsonObject } from '../../plugins/noetl/json-object.ts';
import type { CallClass, Upstream, UpstreamCall, UpstreamReply } from '../../plugins/ports.ts';
import { type OwnPaths, usualPaths } from '../calls/call-plan.ts';

/**
 * The upstream for the gateway's own calls. They are written for NoETL's usual paths and names; where NoETL's document
 * has others, calls are sent in its form and answers come back in the usual one.
 */
export function atOwnPaths(upstream: Upstream, own: OwnPaths): Upstream {
  if (isDeepStrictEqual(own, usualPaths)) return upstream;
  return {
    async request(call) {
      // A start has names in its body and in its answer; other calls differ in their path alone.
      if (call.route !== usualPaths.execute) return upstream.request(belowExecutions(call, own));
      const { playbook, workload } = usualPaths.members;
      const body = isJsonObject(call.body)
        ? renamed(call.body, { [playbook]: own.members.playbook, [workload]: own.members.workload })
        : call.body;
      const reply = await upstream.request({ ...call, path: own.execute, route: own.execute, body });
      return withUsualId(reply, own);
    },
  };
}

function belowExecutions(call: UpstreamCall, { executions }: OwnPaths): UpstreamCall {
  const moved = (path: string): string =>
    path === usualPaths.executions || path.startsWith(`${usualPaths.executions}/`)
      ? `${executions}${path.slice(usualPaths.executions.length)}`
      : path;
  return { ...call, path: moved(call.path), route: moved(call.route) };
}

function withUsualId(reply: UpstreamReply, { members }: OwnPaths): UpstreamReply {
  const { body } = reply;
  if (!isJsonObject(body)) return reply;
  return { ...reply, body: { ...body, [usualPaths.members.execution]: body[members.execution] } };
}

function renamed(body: JsonObject, names: Readonly<Record<string, string>>): JsonObject {
  return Object.fromEntries(Object.entries(body).map(([name, value]) => [names[name] ?? name, value]));
}

/** The upstream with another class for the calls without a class of their own. */
export function ofClass(upstream: Upstream, callClass: CallClass): Upstream {
  // First, so that a call's own class counts.
  return { request: (call) => upstream.request({ class: callClass, ...call }) };
}
