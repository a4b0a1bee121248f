import { rawNumber } from '../../core/json/lossless-json.ts';
import type { RunEvent } from './run.ts';
import { type RunView, variablesOf } from './run-view.ts';

/** `2026-11-24T06:28:29.016000Z`, or with `+00:00` as `/status` and `/events` write it. */
export function pythonTime(ms: number, zone: 'Z' | '+00:00' = 'Z'): string {
  return `${new Date(ms).toISOString().slice(0, -1)}000${zone}`;
}

/** A row of the list. */
export function listRow(view: RunView): Record<string, unknown> {
  const over = view.listed !== 'RUNNING';
  return {
    ...summary(view, view.listed, over ? view.endedAt : undefined),
    parent_execution_id: view.run.parentId ?? null,
  };
}

function summary(view: RunView, status: string, endedAt: number | undefined): Record<string, unknown> {
  const { run, now } = view;
  const seconds = ((endedAt ?? now) - run.startedAt) / 1_000;
  return {
    execution_id: run.id,
    catalog_id: run.catalogId,
    path: run.path,
    version: run.version,
    status,
    start_time: pythonTime(run.startedAt),
    end_time: endedAt === undefined ? null : pythonTime(endedAt),
    duration_seconds: seconds,
    duration_human: `${Math.floor(seconds)}s`,
    progress: endedAt === undefined ? 0 : 100,
    result: null,
    error: status === 'FAILED' ? view.error : null,
  };
}

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
    ...summary(view, view.state, view.endedAt),
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
    status: view.state,
    events: events.map((event) => {
      const time = pythonTime(event.at, '+00:00');
      return {
        ...detailEvent(view, event),
        created_at: time,
        timestamp: time,
        catalog_id: rawNumber(view.run.catalogId),
      };
    }),
    pagination,
  };
}

function detailEvent({ run }: RunView, event: RunEvent): Record<string, unknown> {
  return {
    execution_id: run.id,
    event_id: rawNumber(event.id),
    event_type: event.type,
    node_id: event.node,
    node_name: event.node,
    status: event.status,
    created_at: pythonTime(event.at),
    timestamp: pythonTime(event.at),
    context: event.context,
    result: event.result,
    error: event.error,
    catalog_id: run.catalogId,
    parent_execution_id: run.parentId ?? null,
    parent_event_id: null,
    duration: null,
  };
}

function pageOf(view: RunView, query: EventQuery) {
  const { page, pageSize, type, since } = query;
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
  const { run, endedAt, now } = view;
  const seconds = ((endedAt ?? now) - run.startedAt) / 1_000;
  return {
    execution_id: run.id,
    current_step: view.currentStep,
    completed_steps: view.completedSteps,
    failed: view.failed,
    completed: !view.failed && view.state !== 'RUNNING',
    completion_inferred: view.inferred,
    variables: variablesOf(view),
    start_time: pythonTime(run.startedAt, '+00:00'),
    end_time: endedAt === undefined ? null : pythonTime(endedAt, '+00:00'),
    duration_seconds: seconds,
    duration_human: `${Math.floor(seconds)}s`,
  };
}

/** `GET …/cancellation-check`: only `cancelled` is to be relied on. */
export function cancellationCheck(view: RunView): Record<string, unknown> {
  const cancelled = view.state === 'CANCELLED';
  return {
    execution_id: view.run.id,
    status: cancelled ? 'CANCELLED' : 'RUNNING',
    event_type: cancelled ? 'execution.cancelled' : 'batch.completed',
    cancelled,
    completed: false,
    failed: false,
  };
}
