import { rawNumber } from '../../plugins/json/lossless-json.ts';
import { type EngineState, type ExecutionEvent, type ExecutionView, firstState, openCommands } from './executions.ts';

type Members = Readonly<Record<string, unknown>>;
type PythonStatus = 'RUNNING' | 'COMPLETED' | 'FAILED' | 'CANCELLED';

/** Events that end an execution by this server: the failure of a single command is one of them. */
const ends: Readonly<Record<string, PythonStatus>> = {
  'execution.cancelled': 'CANCELLED',
  'playbook.failed': 'FAILED',
  'workflow.failed': 'FAILED',
  'command.failed': 'FAILED',
  'playbook.completed': 'COMPLETED',
  'workflow.completed': 'COMPLETED',
};
const stepEnds = new Set(['command.completed', 'call.done', 'step.exit']);

/** The state of an execution by one route; the routes differ. `endedAt` in milliseconds, undefined while it runs. */
interface PythonState {
  readonly status: PythonStatus;
  readonly endedAt: number | undefined;
  readonly error: string | null;
}

const terminalOf = (events: readonly ExecutionEvent[]): ExecutionEvent | undefined =>
  events.findLast(({ type }) => Object.hasOwn(ends, type));

/** The state in the detail: the newest terminal event, or else that no command is open after the newest event. */
export function detailState({ events }: ExecutionView): PythonState {
  const terminal = terminalOf(events);
  const latest = events.at(-1);
  const error = latest?.error ?? null;
  if (terminal !== undefined) {
    return { status: ends[terminal.type] ?? 'RUNNING', endedAt: terminal.createdAt, error: terminal.error ?? error };
  }
  // The server takes a step of the name `end` for the last one.
  const atEnd = latest?.node === 'end' && stepEnds.has(latest.type);
  const idle = latest?.type === 'batch.completed' && openCommands(events) === 0;
  if (latest?.status !== 'COMPLETED' || !(atEnd || idle)) return { status: 'RUNNING', endedAt: undefined, error };
  return { status: 'COMPLETED', endedAt: latest.createdAt, error };
}

/** The state in the list: only terminal events count. */
function listState({ events }: ExecutionView): PythonState {
  const terminal = terminalOf(events);
  return { status: ends[terminal?.type ?? ''] ?? 'RUNNING', endedAt: terminal?.createdAt, error: null };
}

/** The flags of `/status`: the engine's state first, then the events. */
function statusFlags({ events }: ExecutionView, engine: ReturnType<typeof engineOf>) {
  const flags = (completed: boolean, failed: boolean, inferred: boolean) => ({ completed, failed, inferred });
  const isCancelled = events.some(({ type }) => type === 'execution.cancelled');
  if (engine.over && !isCancelled) return flags(!engine.failed, engine.failed, false);
  const terminal = terminalOf(events);
  if (terminal !== undefined) return flags(ends[terminal.type] !== 'FAILED', ends[terminal.type] === 'FAILED', false);
  const { currentStep, completedSteps, goesOn } = engine;
  if (currentStep !== null && !goesOn && completedSteps.includes(currentStep)) return flags(true, false, true);
  const latest = events.at(-1);
  const ended = latest?.status === 'COMPLETED' && (stepEnds.has(latest.type) || latest.type === 'batch.completed');
  const inferred = ended && openCommands(events) === 0;
  return flags(inferred, false, inferred);
}

function engineOf({ run, now }: ExecutionView): Omit<EngineState, 'at' | 'part'> {
  return run.states.findLast(({ at }) => at <= now) ?? firstState(run);
}

/** `2026-11-24T06:28:29.016000Z`, or with `+00:00` as `/status` and `/events` write it. */
const time = (ms: number, zone = 'Z'): string => `${new Date(ms).toISOString().slice(0, -1)}000${zone}`;

function duration(ms: number): Members {
  const seconds = Math.round(ms / 1_000);
  const [h, m, s] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60];
  const human = [h > 0 ? `${h}h` : '', m > 0 ? `${m}m` : '', s > 0 ? `${s}s` : ''].filter((part) => part !== '');
  return { duration_seconds: ms / 1_000, duration_human: human.join(' ') || '0s' };
}

/** What a row of the list and the detail share. */
function summary({ run, now }: ExecutionView, { status, endedAt, error }: PythonState, startedAt: number): Members {
  return {
    execution_id: run.id,
    catalog_id: run.catalogId,
    path: run.path,
    version: run.version,
    status,
    start_time: time(startedAt),
    end_time: endedAt === undefined ? null : time(endedAt),
    ...duration((endedAt ?? now) - startedAt),
    progress: endedAt === undefined ? 0 : 100,
    result: null,
    error,
    parent_execution_id: run.parentId ?? null,
  };
}

/** A row of the list. It was written a little before the first event. */
export const pythonListRow = (view: ExecutionView): Members => summary(view, listState(view), view.run.startedAt - 3);

/** Which events a caller asks for; pages begin at 1, and `since` is the id of an event. */
export interface EventQuery {
  readonly page: number;
  readonly pageSize: number;
  readonly type: string | undefined;
  readonly since: bigint | undefined;
}

/** `GET /api/executions/{id}`. @param query undefined: without events */
export function pythonDetail(view: ExecutionView, query: EventQuery | undefined): Members {
  const page = query === undefined ? undefined : pageOf(view, query);
  return {
    ...summary(view, detailState(view), view.run.startedAt),
    events: page?.events.map((event) => detailEvent(view, event)) ?? [],
    events_included: page !== undefined,
    events_endpoint: `/api/executions/${view.run.id}/events`,
    pagination: page?.pagination ?? null,
  };
}

/** `GET /api/executions/{id}/events`: ids are numbers here that are text in the detail. */
export function pythonEvents(view: ExecutionView, query: EventQuery): Members {
  const { run } = view;
  const { events, pagination } = pageOf(view, query);
  const shown = events.map((event) => {
    const at = time(event.createdAt, '+00:00');
    const parent_event_id = event.parentId === null ? null : rawNumber(event.parentId);
    const times = { created_at: at, timestamp: at };
    return { ...detailEvent(view, event), ...times, catalog_id: rawNumber(run.catalogId), parent_event_id };
  });
  return { execution_id: run.id, path: run.path, status: detailState(view).status, events: shown, pagination };
}

function detailEvent({ run }: ExecutionView, event: ExecutionEvent): Members {
  return {
    execution_id: run.id,
    event_id: rawNumber(event.id),
    event_type: event.type,
    node_id: event.node,
    node_name: event.node,
    status: event.status,
    created_at: time(event.createdAt),
    timestamp: time(event.createdAt),
    context: event.context,
    result: event.result,
    error: event.error,
    catalog_id: run.catalogId,
    parent_execution_id: run.parentId ?? null,
    parent_event_id: event.parentId,
    duration: event.duration,
  };
}

function pageOf(view: ExecutionView, { page, pageSize, type, since }: EventQuery) {
  // Newest first, as this server pages.
  const all = view.events
    .filter((event) => (type === undefined || event.type === type) && (since === undefined || BigInt(event.id) > since))
    .toReversed();
  const total_pages = Math.max(1, Math.ceil(all.length / pageSize));
  const counts = { page, page_size: pageSize, total_events: all.length, total_pages };
  return {
    events: all.slice((page - 1) * pageSize, page * pageSize),
    pagination: { ...counts, has_next: page < total_pages, has_prev: page > 1 },
  };
}

/** `GET /api/executions/{id}/status`: no status word, and an end that may be no end. */
export function pythonStatus(view: ExecutionView): Members {
  const { run, events, now } = view;
  const engine = engineOf(view);
  const { completed, failed, inferred } = statusFlags(view, engine);
  // Without a terminal event the newest event is taken for the end.
  const endedAt = completed || failed ? (terminalOf(events) ?? events.at(-1))?.createdAt : undefined;
  return {
    execution_id: run.id,
    current_step: engine.currentStep,
    completed_steps: engine.completedSteps,
    failed,
    completed,
    completion_inferred: inferred,
    variables: engine.variables,
    start_time: time(run.startedAt, '+00:00'),
    end_time: endedAt === undefined ? null : time(endedAt, '+00:00'),
    ...duration((endedAt ?? now) - run.startedAt),
  };
}

/** `GET …/cancellation-check`: the newest event decides, and that is seldom the one that ended the execution. */
export function pythonCancellation({ run, events }: ExecutionView): Members {
  const latest = events.at(-1)?.type ?? '';
  const cancelled = events.some(({ type }) => type === 'execution.cancelled');
  const ended = Object.hasOwn(ends, latest) && latest !== 'execution.cancelled' ? ends[latest] : undefined;
  const [completed, failed] = [ended === 'COMPLETED', ended === 'FAILED'];
  const status = ended ?? (cancelled ? 'CANCELLED' : 'RUNNING');
  return { execution_id: run.id, status, event_type: latest, cancelled, completed, failed };
}
