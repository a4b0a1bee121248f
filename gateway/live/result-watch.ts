import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../../plugins/clock.ts';
import { GatewayError } from '../../plugins/errors.ts';
import { failedText } from '../../plugins/noetl/failure-text.ts';
import type { Snapshot } from '../executions/execution-end.ts';
import { ResultLost } from '../executions/execution-result.ts';
import type { Executions } from '../executions/executions.ts';
import type { LiveRequest, LiveRequests } from './live-requests.ts';
import type { Delivery } from './result-queue.ts';
import { retryWithBackoff } from './retry.ts';

/** Finds out how requests end whose playbook does not call back. */
export interface ResultWatch {
  /** Follows the execution of a request; once, however often it is called. */
  begin(request: LiveRequest): void;
  /** The result is known: nothing more is to be found out. */
  end(request: LiveRequest): void;
  /** The playbook has called back: its execution is looked at now. */
  hurry(request: LiveRequest): void;
  stop(): void;
}

export interface ResultWatchOptions {
  readonly requests: LiveRequests;
  readonly executions: Pick<Executions, 'watcher' | 'outcome'>;
  readonly clock: Clock;
  /** For how long a store or a NoETL that does not answer is asked again, milliseconds. */
  readonly keepMs: number;
  /** An end was seen; a callback may still be on its way, milliseconds. */
  readonly graceMs?: number;
  readonly onFailed: (error: unknown) => void;
  /** The result is in the queue, or there will be no result. */
  readonly onFinished: (request: LiveRequest) => void;
}

type Outcome = Omit<Delivery, 'requestId' | 'executionId' | 'at'>;

/** Watches executions by the watcher that all of the gateway shares (ADR 0010). */
export function createResultWatch(options: ResultWatchOptions): ResultWatch {
  const { requests, executions, clock, keepMs, graceMs = 300, onFailed, onFinished } = options;
  const watched = new Map<string, () => void>();
  let isStopped = false;

  function follow(request: LiveRequest, executionId: string): void {
    const stop = executions.watcher.follow(executionId, (snapshot) => {
      // Without a snapshot NoETL has no such execution: that is an end, too.
      if (snapshot === undefined || snapshot.over !== undefined) void finish(request, executionId, snapshot);
    });
    watched.set(request.requestId, stop);
  }

  async function finish(request: LiveRequest, executionId: string, snapshot: Snapshot | undefined): Promise<void> {
    // A callback that is on its way comes first: of both the first one counts.
    await sleep(graceMs, undefined, { ref: false });
    const isNeeded = () => watched.has(request.requestId) && !isStopped;
    const handOn = async () => {
      if (!isNeeded()) return;
      const outcome = await outcomeOf(snapshot, executions);
      // Asked again: reading the result takes time, in which the callback may have come.
      if (isNeeded()) await requests.finish(request, { executionId, ...outcome });
    };
    await retryWithBackoff(handOn, { forMs: keepMs, clock, retryIf: () => true, isNeeded, onFailed }).catch(onFailed);
    if (!isStopped) onFinished(request);
  }

  return {
    begin(request) {
      const { requestId, executionId } = request;
      if (executionId === undefined || watched.has(requestId) || isStopped) return;
      try {
        follow(request, executionId);
      } catch (error) {
        // No room now: a client that comes back has it watched again.
        onFailed(error);
      }
    },
    end({ requestId }) {
      watched.get(requestId)?.();
      watched.delete(requestId);
    },
    hurry({ executionId }) {
      if (executionId !== undefined) executions.watcher.hurry(executionId);
    },
    stop() {
      isStopped = true;
      for (const stop of watched.values()) stop();
      watched.clear();
    },
  };
}

/** The client's message for an execution that is over. @throws an error that may pass, so that it is tried again */
async function outcomeOf(snapshot: Snapshot | undefined, executions: Pick<Executions, 'outcome'>): Promise<Outcome> {
  if (snapshot?.over === undefined) return failed('execution not found');
  const { end } = snapshot.over;
  if (end === 'CANCELLED') return failed('the execution was cancelled');
  const outcome = executions.outcome(snapshot, {});
  if (end === 'FAILED') {
    const { message, ...why } = (await outcome.failure(outcome.errorView([]))) ?? { message: failedText };
    return failed(message, why);
  }
  try {
    const [produced, textOutput] = [await outcome.produced(), await outcome.text()];
    return { status: 'COMPLETED', data: { result: produced?.value ?? null, textOutput } };
  } catch (error) {
    if (error instanceof ResultLost) return failed(`step "${error.step}": ${error.message}`);
    // It will be as large when it is asked for again: the client gets a note, as for one that is too large to be sent.
    if (error instanceof GatewayError && error.code === 'ERR_RESULT_TOO_LARGE') {
      return { status: 'COMPLETED', data: { code: error.code, message: error.message } };
    }
    throw error;
  }
}

/** Clients know two ends: a run that was cancelled is one that did not succeed. */
const failed = (message: string, data: unknown = null): Outcome => ({
  status: 'FAILED',
  error: { code: -32_000, message, data },
});
