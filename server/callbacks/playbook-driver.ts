import type { Clock } from '../../core/clock.ts';
import { parseExecutionId } from '../../core/execution/execution-id.ts';
import { type AuthAnswer, noAnswer } from '../../core/noetl/auth-answer.ts';
import { isJsonObject } from '../../core/noetl/json-object.ts';
import { isOwnWorkload } from '../../core/noetl/plain-values.ts';
import type { Observe } from '../../core/observe.ts';
import type { Upstream } from '../../core/ports.ts';
import type { CallbackRegistry, PendingCallback } from './callback-registry.ts';
import { defaultTiming, stillRuns, untilOver, type WatchTiming } from './execution-watch.ts';

/** Runs an auth playbook and waits for what it calls back with. */
export interface PlaybookDriver {
  /**
   * @param workload sent as it is, plus `request_id`, `callback_subject` and `gateway_url`.
   * @throws ERR_AUTH_UNAVAILABLE when no answer came: not started, over without one, or the deadline passed; and when
   * the workload holds text that NoETL could evaluate.
   */
  run(path: string, workload: Readonly<Record<string, unknown>>): Promise<AuthAnswer>;
}

export interface PlaybookDriverOptions {
  readonly upstream: Upstream;
  readonly callbacks: CallbackRegistry;
  /** How playbooks reach the internal listener. */
  readonly internalUrl: string;
  /** From the start of `run` to the answer. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly observe: Observe;
  readonly timing?: Partial<WatchTiming>;
}

/**
 * The callback is the answer; the execution is watched beside it only to learn early that none will come. An execution
 * that nobody waits for any more is cancelled while it still runs: NoETL would turn a finished one into a cancelled one.
 */
export function createPlaybookDriver(options: PlaybookDriverOptions): PlaybookDriver {
  const { upstream, callbacks, internalUrl, timeoutMs, clock, observe } = options;
  const timing = { ...defaultTiming, ...options.timing };

  async function run(path: string, workload: Readonly<Record<string, unknown>>): Promise<AuthAnswer> {
    if (!isOwnWorkload(workload)) throw noAnswer('workload holds text that NoETL could evaluate');
    // Expected before it is started: the callback may overtake the answer to execute.
    const pending = callbacks.open(internalUrl);
    const stop = new AbortController();
    const started = start(options, path, workload, pending);
    const over = started.then((id) => untilOver(upstream, id, timing, clock, stop.signal));
    const deadline = Promise.withResolvers<'late'>();
    const timer = setTimeout(() => deadline.resolve('late'), timeoutMs);
    try {
      const first = await Promise.race([pending.answer, deadline.promise, over.then(() => 'over' as const)]);
      if (first !== 'late' && first !== 'over') {
        observe({ type: 'auth_playbook', path, outcome: 'answered' });
        return first;
      }
      observe({ type: 'auth_playbook', path, outcome: 'silent' });
      if (first === 'over') throw noAnswer(`auth playbook ${path} ended without calling back`);
      started.then((id) => abandon(upstream, id, observe)).catch(() => {});
      throw noAnswer(`auth playbook ${path} did not call back within ${timeoutMs} ms`);
    } finally {
      clearTimeout(timer);
      stop.abort();
      over.catch(() => {});
      pending.close();
    }
  }

  return { run };
}

/** @returns the execution's id. Not bound to the deadline: a run that starts too late is to be known, and cancelled. */
async function start(
  { upstream, observe }: Pick<PlaybookDriverOptions, 'upstream' | 'observe'>,
  path: string,
  workload: Readonly<Record<string, unknown>>,
  pending: PendingCallback,
): Promise<string> {
  const { requestId: request_id, callbackSubject: callback_subject, gatewayUrl: gateway_url } = pending;
  const reply = await upstream
    .request({
      method: 'POST',
      path: '/api/execute',
      body: { path, workload: { ...workload, callback_subject, request_id, gateway_url } },
      idempotent: false,
      route: '/api/execute',
      requestId: request_id,
    })
    .catch((error: unknown) => {
      throw noAnswer(error instanceof Error ? error : new Error('execute failed'));
    });
  if (reply.status > 299)
    observe({ type: 'auth_playbook', path, outcome: reply.status === 404 ? 'missing' : 'refused' });
  if (reply.status === 404) throw noAnswer(`auth playbook ${path} is not in NoETL's catalog`);
  if (reply.status < 200 || reply.status > 299) throw noAnswer(`execute of ${path} answered ${reply.status}`);
  const id = isJsonObject(reply.body) ? parseExecutionId(reply.body['execution_id']) : undefined;
  if (id === undefined) throw noAnswer(`execute of ${path} named no execution`);
  return id;
}

async function abandon(upstream: Upstream, executionId: string, observe: Observe): Promise<void> {
  if (!(await stillRuns(upstream, executionId))) return;
  const reply = await upstream
    .request({
      method: 'POST',
      path: `/api/executions/${executionId}/cancel`,
      body: { reason: 'The gateway no longer waits for the answer.', cascade: true },
      idempotent: false,
      route: '/api/executions/{execution_id}/cancel',
    })
    .catch(() => undefined);
  if (reply === undefined || reply.status > 299) observe({ type: 'auth_cancel_failed' });
}
