import { rawNumber } from '../../core/json/lossless-json.ts';
import type { RunView } from './run-view.ts';

const time = (ms: number): string => new Date(ms).toISOString();

/** This server knows no inferred end: a run is over when an event says so. */
const stateOf = (view: RunView): string => (view.terminal || view.failed ? view.state : 'RUNNING');
const endOf = (view: RunView): string | null =>
  stateOf(view) === 'RUNNING' || view.endedAt === undefined ? null : time(view.endedAt);

/** A row of the list: ids are numbers. */
export function rustListRow(view: RunView): Record<string, unknown> {
  return {
    execution_id: rawNumber(view.run.id),
    catalog_id: rawNumber(view.run.catalogId),
    path: view.run.path,
    status: stateOf(view),
    started_at: time(view.run.startedAt),
    completed_at: endOf(view),
    event_count: view.events.length,
  };
}

/** `GET /api/executions/{id}`: always with events, oldest first. */
export function rustDetail(view: RunView): Record<string, unknown> {
  const { event_count: _count, ...row } = rustListRow(view);
  return {
    ...row,
    parent_execution_id: view.run.parentId === undefined ? null : rawNumber(view.run.parentId),
    workload: view.run.workload,
    events: view.events.map((event) => ({
      event_id: rawNumber(event.id),
      event_type: event.type,
      node_name: event.node,
      status: event.status,
      created_at: time(event.at),
      result: event.result,
      error: event.error,
    })),
  };
}

export function rustStatus(view: RunView): Record<string, unknown> {
  const done = view.completedSteps.length;
  return {
    execution_id: rawNumber(view.run.id),
    status: stateOf(view),
    current_step: view.currentStep,
    progress: { total_steps: done, completed_steps: done, running_steps: 0, failed_steps: view.failed ? 1 : 0 },
    is_cancelled: view.state === 'CANCELLED',
  };
}
