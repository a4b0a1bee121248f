import { idNumber, type NewEvent, type Run, writeEvent } from './run.ts';

type StepEvent = Omit<NewEvent, 'at'>;

/**
 * What the engine makes of a batch: `nothing` for events that it only stores, `engine` for the end of a step; any
 * other text is the error with which the batch fails.
 */
export type BatchFate = string;

export interface Batches {
  /**
   * Writes events that the worker sent together and that the server accepted at `at`.
   * @returns the ids of the events, and when the engine has worked through them
   */
  add(
    part: number,
    at: number,
    fate: BatchFate,
    events: readonly StepEvent[],
  ): { readonly ids: readonly string[]; readonly engineAt: number };
}

/** Events of a worker are stored at once, and worked through after `waitMs` in the engine's queue. */
export function createBatches(run: Run, waitMs: number): Batches {
  const write = (event: NewEvent) => writeEvent(run, event);
  return {
    add(part, at, fate, events) {
      const requestId = run.eventId(at);
      const about = { node: 'events.batch', part };
      // The same request id in all events of a batch: that is how an unfinished batch is found (ADR 0010).
      const outcome = (status: string, context: object) => ({
        ...{ status, result: { status, context: { request_id: requestId, ...context } } },
      });
      const accepted = { event_ids: [] as unknown[], commands_generated: 0 };
      write({ ...about, at, type: 'batch.accepted', ...outcome('PENDING', accepted) });
      const ids = events.map((event) => write({ ...event, at }));
      // The first event of a batch names those that follow it, whose ids are made after it.
      accepted.event_ids.push(...ids.map(idNumber));
      const processingAt = at + 2 + waitMs;
      const processing = outcome('RUNNING', { event_count: events.length, queue_wait_ms: waitMs });
      write({ ...about, at: processingAt, type: 'batch.processing', ...processing });
      const actionable = fate !== 'nothing';
      if (actionable && fate !== 'engine') {
        const failed = outcome('FAILED', { message: fate, error_code: 'processing_error' });
        write({ ...about, at: processingAt + 8, type: 'batch.failed', error: fate, ...failed });
        return { ids, engineAt: processingAt + 8 };
      }
      const done = { processing_ms: 6, actionable_event: actionable, commands_generated: 0 };
      const doneAt = processingAt + (actionable ? 10 : 2);
      write({ ...about, at: doneAt, type: 'batch.completed', ...outcome('COMPLETED', done) });
      return { ids, engineAt: processingAt + 6 };
    },
  };
}
