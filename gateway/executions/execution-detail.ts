import { GatewayError } from '../../plugins/errors.ts';
import { idText } from '../../plugins/json/lossless-json.ts';
import { type ExecutionState, parseExecutionState } from '../../plugins/noetl/execution-state.ts';
import { isJsonObject, type JsonObject, textMember } from '../../plugins/noetl/json-object.ts';
import { parseWireTime } from '../../plugins/noetl/wire-time.ts';

/** An execution as `GET /api/executions/{id}` reports it, for both servers. */
export interface ExecutionDetail {
  readonly id: string;
  /** The playbook's catalog path. */
  readonly path: string | undefined;
  readonly version: number | undefined;
  /** The status that the upstream claims; an end may be announced too early. */
  readonly claim: ExecutionState;
  /** The Rust server writes a terminal event for every end and has no inferred ones. */
  readonly server: 'python' | 'rust';
  readonly startedAt: Date | undefined;
  readonly endedAt: Date | undefined;
  readonly parentId: string | undefined;
  /** 0 or 100 from the Python server; the Rust server does not report it. */
  readonly progress: number | undefined;
  /** The workload of the start, where the server reports it (Rust). */
  readonly workload: JsonObject | undefined;
  /** As on the wire; empty when they were not asked for. */
  readonly events: readonly JsonObject[];
  /** Whether `events` goes back to the first one. */
  readonly hasAllEvents: boolean;
}

/**
 * Reads a detail answer, or a row of the list.
 * @param askedId undefined: any execution
 * @throws ERR_UPSTREAM when the answer is not about the execution that was asked for
 */
export function decodeExecutionDetail(body: unknown, askedId?: string): ExecutionDetail {
  if (!isJsonObject(body)) throw unknownForm();
  const id = idText(body['execution_id']);
  if (id === undefined || (askedId !== undefined && id !== askedId)) throw unknownForm();
  const server = Object.hasOwn(body, 'started_at') && !Object.hasOwn(body, 'start_time') ? 'rust' : 'python';
  const { version, progress, workload, pagination } = body;
  return {
    id,
    path: textMember(body, 'path'),
    version: integerOf(version),
    claim: parseExecutionState(body['status']),
    server,
    startedAt: parseWireTime(body['start_time'] ?? body['started_at']),
    endedAt: parseWireTime(body['end_time'] ?? body['completed_at']),
    parentId: idText(body['parent_execution_id']),
    progress: integerOf(progress),
    workload: isJsonObject(workload) ? workload : undefined,
    events: eventsOf(body),
    hasAllEvents: !(isJsonObject(pagination) && pagination['has_next'] === true),
  };
}

const integerOf = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isInteger(value) ? value : undefined;

const eventsOf = ({ events }: JsonObject): readonly JsonObject[] =>
  Array.isArray(events) ? events.filter(isJsonObject) : [];

const unknownForm = () => new GatewayError('ERR_UPSTREAM', 'NoETL answered in a form that the gateway does not know');
