import { rawNumber } from '../../plugins/json/lossless-json.ts';
import type { StandInEvent } from './run.ts';
import { openCommands, type RunView } from './run-view.ts';

const time = (ms: number): string => new Date(ms).toISOString();

/** Events that end an execution, and the state that each gives it. */
const ends: Readonly<Record<string, string>> = {
  'playbook.completed': 'COMPLETED',
  'playbook.failed': 'FAILED',
  playbook_cancelled: 'CANCELLED',
};

/** The state of an execution on the Rust server: its newest event that ends one, or that failed. */
export function rustState({ events }: RunView): string {
  const last = events.findLast(({ type, status }) => Object.hasOwn(ends, type) || status === 'FAILED');
  return last === undefined ? 'RUNNING' : (ends[last.type] ?? 'FAILED');
}

/** The time of a terminal event; a failed command is not a terminal event. */
function endOf({ events }: RunView): string | null {
  const end = events.findLast(({ type }) => Object.hasOwn(ends, type));
  return end === undefined ? null : time(end.at);
}

const stepEnds = new Set(['COMPLETED', 'FAILED', 'CANCELLED']);

/** A row of the list: ids are numbers, there is no version, and the end of a step counts as a time of completion. */
export function rustListRow(view: RunView): Record<string, unknown> {
  const lastEnd = view.events.findLast(({ status }) => stepEnds.has(status));
  return {
    execution_id: rawNumber(view.run.id),
    catalog_id: rawNumber(view.run.catalogId),
    path: view.run.path,
    status: rustState(view),
    started_at: time(view.run.startedAt),
    completed_at: lastEnd === undefined ? null : time(lastEnd.at),
    event_count: view.events.length,
  };
}

/** `GET /api/executions/{id}`: always with events, oldest first. */
export function rustDetail(view: RunView): Record<string, unknown> {
  const { event_count: _count, ...row } = rustListRow(view);
  return {
    ...row,
    completed_at: endOf(view),
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

/** `GET …/status`: counts of steps, each by another kind of event. */
export function rustStatus(view: RunView): Record<string, unknown> {
  const { events } = view;
  const nodes = (chosen: (event: StandInEvent) => boolean) =>
    new Set(events.filter(chosen).map(({ node }) => node)).size;
  const entered = nodes(({ type }) => type === 'step.enter');
  const completed = nodes(({ type, status }) => type === 'command.completed' && status === 'success');
  const state = rustState(view);
  const idle = state === 'RUNNING' && entered > 0 && entered === completed && openCommands(events) === 0;
  return {
    execution_id: rawNumber(view.run.id),
    // Between two steps nothing is open, and this server reports COMPLETED.
    status: idle ? 'COMPLETED' : state,
    current_step: events.findLast(({ type }) => /^(?:step|command)\./.test(type))?.node ?? null,
    progress: {
      total_steps: entered,
      completed_steps: completed,
      running_steps: nodes(({ type }) => type === 'command.claimed'),
      failed_steps: nodes(({ status }) => status === 'FAILED'),
    },
    is_cancelled: events.some(({ type }) => type === 'playbook_cancelled'),
  };
}
