import { readFileSync } from 'node:fs';
import { parseJson } from '../../plugins/json/lossless-json.ts';
import type { JsonObject } from '../../plugins/noetl/json-object.ts';
import type { UpstreamCall } from '../../plugins/ports.ts';
import { scriptedUpstream } from './scripted-upstream.ts';

/** What a real NoETL server answered about one finished execution of a playbook; trimmed. */
export interface RecordedExecution {
  readonly playbook: string;
  readonly source: string;
  readonly start: { readonly execution_id: string };
  readonly detail: JsonObject & { readonly events: readonly JsonObject[] };
  readonly status: JsonObject;
  readonly resolve?: unknown;
}

export function recordedExecution(server: 'python' | 'rust', name: string): RecordedExecution {
  const file = new URL(`../fixtures/executions/${server}/${name}.json`, import.meta.url);
  return parseJson(readFileSync(file, 'utf8')) as RecordedExecution;
}

/**
 * An upstream that answers with the recording.
 * @param change edits the detail before it is sent
 * @param child the recording of the execution that it started
 */
export function recordedUpstream(
  recorded: RecordedExecution,
  change: (detail: RecordedExecution['detail']) => JsonObject = (detail) => detail,
  child?: RecordedExecution,
) {
  const { execution_id: id } = recorded.start;
  const detail = change(recorded.detail);
  const withoutEvents = (call: UpstreamCall) =>
    call.query?.some(([name, value]) => name === 'include_events' && value === 'false') === true &&
    Object.hasOwn(recorded.detail, 'start_time');
  const missing = { status: 404, body: { detail: 'Not Found' } };
  return scriptedUpstream({
    ...(child !== undefined && {
      [`GET /api/executions/${child.start.execution_id}`]: { body: child.detail },
      [`GET /api/executions/${child.start.execution_id}/status`]: { body: child.status },
    }),
    [`GET /api/executions/${id}`]: (call) => ({ body: withoutEvents(call) ? { ...detail, events: [] } : detail }),
    [`GET /api/executions/${id}/status`]: { body: recorded.status },
    'GET /api/result/resolve': recorded.resolve === undefined ? missing : { body: recorded.resolve },
    'GET /api/executions': { body: [] },
  });
}
