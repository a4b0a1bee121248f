import { setTimeout as sleep } from 'node:timers/promises';
import { type AuthAnswer, noAnswer } from '../../plugins/noetl/auth-answer.ts';
import { parseExecutionId } from '../../plugins/noetl/execution-state.ts';
import { isJsonObject, isOwnWorkload } from '../../plugins/noetl/json-object.ts';
import type { Observe } from '../../plugins/observe.ts';
import type { Upstream } from '../../plugins/ports.ts';
import type { Executions } from '../executions/executions.ts';
import type { CallbackRegistry, PendingCallback } from './callback-registry.ts';

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
  readonly executions: Pick<Executions, 'readNow' | 'watcher' | 'certainEnd'>;
  /** How playbooks reach the internal listener. */
  readonly internalUrl: string;
  /** From the start of `run` to the answer. */
  readonly timeoutMs: number;
  readonly observe: Observe;
}

/** Most playbooks call back within this time, and their execution is not read, milliseconds. */
const firstReadMs = 250;
/** The execution is over; the callback may still be on its way, milliseconds. */
const graceMs = 300;

/**
 * The callback is the answer; the execution is watched beside it only to detect early that there will be no callback. An execution
 * that is no longer waited for is cancelled while it still runs: NoETL would turn a finished one into a cancelled one.
 */
export function createPlaybookDriver(options: PlaybookDriverOptions): PlaybookDriver {
  const { upstream, callbacks, executions, internalUrl, timeoutMs, observe } = options;

  async function run(path: string, workload: Readonly<Record<string, unknown>>): Promise<AuthAnswer> {
    if (!isOwnWorkload(workload)) throw noAnswer('workload holds text that NoETL could evaluate');
    // Expected before it is started: the callback may overtake the answer to execute.
    const pending = callbacks.open(internalUrl);
    const stop = new AbortController();
    const started = start(options, path, workload, pending);
    const over = started.then((id) => untilOver(executions, id, stop.signal));
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
      // Beside the answer: a caller does not wait for the cancellation.
      started.then((id) => abandon(upstream, executions, id, observe)).catch(() => {});
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

/** Resolves when the execution is over and has had the time to call back; never while that cannot be found out. */
async function untilOver(
  { watcher }: Pick<Executions, 'watcher'>,
  executionId: string,
  signal: AbortSignal,
): Promise<void> {
  await sleep(firstReadMs, undefined, { signal });
  await new Promise<void>((resolve) => {
    try {
      const stop = watcher.follow(executionId, (snapshot) => {
        if (snapshot?.over !== undefined) resolve();
      });
      signal.addEventListener('abort', stop, { once: true });
    } catch {
      // Too many are followed: the callback or the deadline ends the wait.
    }
  });
  await sleep(graceMs, undefined, { signal });
}

async function abandon(
  upstream: Upstream,
  executions: Pick<Executions, 'readNow' | 'certainEnd'>,
  executionId: string,
  observe: Observe,
): Promise<void> {
  const snapshot = await executions.readNow(executionId, {});
  if (snapshot === undefined || (await executions.certainEnd(snapshot, {})) !== undefined) return;
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
