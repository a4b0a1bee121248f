import { rawNumber } from '../../plugins/json/lossless-json.ts';
import { detailState, listState, type PythonState, statusFlags, terminalOf } from './python-state.ts';
import type { StandInEvent } from './run.ts';
import type { RunView } from './run-view.ts';

/** `2026-11-24T06:28:29.016000Z`, or with `+00:00` as `/status` and `/events` write it. */
export function pythonTime(ms: number, zone: 'Z' | '+00:00' = 'Z'): string {
  return `${new Date(ms).toISOString().slice(0, -1)}000${zone}`;
}

/** A row of the list. It was written a little before the first event. */
export function listRow(view: RunView): Record<string, unknown> {
  const startedAt = view.run.startedAt - 3;
  return { ...summary(view, listState(view), startedAt), parent_execution_id: view.run.parentId ?? null };
}

/** What a row of the list and the detail share. */
function summary({ run, now }: RunView, state: PythonState, startedAt: number): Record<string, unknown> {
  const { status, endedAt } = state;
  return {
    execution_id: run.id,
    catalog_id: run.catalogId,
    path: run.path,
    version: run.version,
    status,
    start_time: pythonTime(startedAt),
    end_time: endedAt === undefined ? null : pythonTime(endedAt),
    ...duration((endedAt ?? now) - startedAt),
    progress: endedAt === undefined ? 0 : 100,
    result: null,
    error: state.error,
  };
}

function duration(ms: number): Record<string, unknown> {
  const seconds = Math.round(ms / 1_000);
  const parts = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3_600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'm'],
    [seconds % 60, 's'],
  ] as const;
  const human = parts.filter(([count]) => count > 0).map(([count, unit]) => `${count}${unit}`);
  return { duration_seconds: ms / 1_000, duration_human: human.join(' ') || '0s' };
}

/** Which events a caller asks for; pages begin at 1, and `since` is the id of an event. */
export interface EventQuery {
  readonly page: number;
  readonly pageSize: number;
  readonly type: string | undefined;
  readonly since: bigint | undefined;
}

/** `GET /api/executions/{id}`. @param query undefined: without events */
export function detail(view: RunView, query: EventQuery | undefined): Record<string, unknown> {
  const page = query === undefined ? undefined : pageOf(view, query);
  return {
    ...summary(view, detailState(view), view.run.startedAt),
    parent_execution_id: view.run.parentId ?? null,
    events: page?.events.map((event) => detailEvent(view, event)) ?? [],
    events_included: page !== undefined,
    events_endpoint: `/api/executions/${view.run.id}/events`,
    pagination: page?.pagination ?? null,
  };
}

/** `GET /api/executions/{id}/events`: ids are numbers here that are text in the detail. */
export function eventPage(view: RunView, query: EventQuery): Record<string, unknown> {
  const { events, pagination } = pageOf(view, query);
  return {
    execution_id: view.run.id,
    path: view.run.path,
    status: detailState(view).status,
    events: events.map((event) => {
      const time = pythonTime(event.createdAt, '+00:00');
      return {
        ...detailEvent(view, event),
        created_at: time,
        timestamp: time,
        catalog_id: rawNumber(view.run.catalogId),
        parent_event_id: event.parentId === null ? null : rawNumber(event.parentId),
      };
    }),
    pagination,
  };
}

function detailEvent({ run }: RunView, event: StandInEvent): Record<string, unknown> {
  return {
    execution_id: run.id,
    event_id: rawNumber(event.id),
    event_type: event.type,
    node_id: event.node,
    node_name: event.node,
    status: event.status,
    created_at: pythonTime(event.createdAt),
    timestamp: pythonTime(event.createdAt),
    context: event.context,
    result: event.result,
    error: event.error,
    catalog_id: run.catalogId,
    parent_execution_id: run.parentId ?? null,
    parent_event_id: event.parentId,
    duration: event.duration,
  };
}

function pageOf(view: RunView, query: EventQuery) {
  const { page, pageSize, type, since } = query;
  // Newest first, as this server pages.
  const all = view.events
    .filter((event) => (type === undefined || event.type === type) && (since === undefined || BigInt(event.id) > since))
    .toReversed();
  const pages = Math.max(1, Math.ceil(all.length / pageSize));
  return {
    events: all.slice((page - 1) * pageSize, page * pageSize),
    pagination: {
      page,
      page_size: pageSize,
      total_events: all.length,
      total_pages: pages,
      has_next: page < pages,
      has_prev: page > 1,
    },
  };
}

/** `GET /api/executions/{id}/status`: no status word, and an end that may be no end. */
export function status(view: RunView): Record<string, unknown> {
  const { run, engine, events, now } = view;
  const { completed, failed, inferred } = statusFlags(view);
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
    start_time: pythonTime(run.startedAt, '+00:00'),
    end_time: endedAt === undefined ? null : pythonTime(endedAt, '+00:00'),
    ...duration((endedAt ?? now) - run.startedAt),
  };
}

/** `GET …/cancellation-check`: the newest event decides, and that is seldom the one that ended the execution. */
export function cancellationCheck({ run, events }: RunView): Record<string, unknown> {
  const latest = events.at(-1)?.type ?? '';
  const cancelled = events.some(({ type }) => type === 'execution.cancelled');
  const completed = latest === 'playbook.completed' || latest === 'workflow.completed';
  const failed = latest === 'playbook.failed' || latest === 'workflow.failed' || latest === 'command.failed';
  const running = cancelled ? 'CANCELLED' : 'RUNNING';
  return {
    execution_id: run.id,
    status: completed ? 'COMPLETED' : failed ? 'FAILED' : running,
    event_type: latest,
    cancelled,
    completed,
    failed,
  };
}
