import { GatewayError } from '../../plugins/errors.ts';
import { idText } from '../../plugins/json/lossless-json.ts';
import type { Mutable } from '../../plugins/mutable.ts';
import { isJsonObject } from '../../plugins/noetl/json-object.ts';
import { nameOfGrant } from '../../plugins/noetl-auth/access/report-decision.ts';
import type { GatewayEvent, Observe } from '../../plugins/observe.ts';
import { isStart, usualStartMembers } from '../../plugins/operation-kind.ts';
import type { CallPlan } from '../calls/call-plan.ts';
import type { RootAnswer, RootCall, RootField } from '../calls/root-fields.ts';

type OutcomeEvent = Extract<GatewayEvent, { type: 'outcome' }>;

/**
 * The same answer, with one event about what became of it: once, after the call and not before it. Reads are not
 * reported. A start counts as started as soon as NoETL has named the execution, whatever happens while the caller waits
 * for its end. Of queries only those that start a playbook are reported. The event goes to the audit log.
 */
export function reportingOutcome(answer: RootAnswer, { root, plan }: RootField, observe: Observe): RootAnswer {
  const starts = plan !== undefined && isStart(plan.kind);
  if (root !== 'mutation' && !starts) return answer;
  const send = quietly(observe);
  return async (call) => {
    let isReported = false;
    // Silent when the start was reported: a wait that fails does not make a started execution a failed one.
    const report = (outcome: OutcomeEvent['outcome'], executionId?: string, code?: OutcomeEvent['code']): void => {
      if (isReported) return;
      isReported = true;
      send(eventOf(call, outcome, executionId, code));
    };
    const { decision, context } = call;
    const reported = { root: call.root, decision, context, started: (id: string) => report('started', id) };
    const named = starts ? undefined : namedIn(call, plan);
    try {
      const value = await answer(reported);
      report(starts ? 'started' : 'done', starts ? startedIn(value) : named);
      return value;
    } catch (error) {
      report('failed', named, error instanceof GatewayError ? error.code : 'ERR_INTERNAL');
      throw error;
    }
  };
}

/** An answer does not fail by its report, and neither does the process. An observer that fails has to say so itself. */
const quietly =
  (observe: Observe): Observe =>
  (event) => {
    try {
      observe(event);
    } catch {}
  };

/**
 * The same answer; how long it took is reported, whatever became of it: an event `field` with milliseconds, access to
 * the execution and waits included.
 */
export function measuredAnswer(field: string, answer: RootAnswer, observe: Observe): RootAnswer {
  const send = quietly(observe);
  return async (call) => {
    const startedAt = performance.now();
    try {
      return await answer(call);
    } finally {
      send({ type: 'field', field, ms: performance.now() - startedAt });
    }
  };
}

function eventOf(
  { decision, context }: RootCall,
  outcome: OutcomeEvent['outcome'],
  executionId: string | undefined,
  code: OutcomeEvent['code'],
): GatewayEvent {
  const { requestId } = context;
  const { userId, roles, email } = context.caller.session.user;
  const { field, permission } = decision;
  const event: Mutable<OutcomeEvent> = { type: 'outcome', outcome, field, requestId, userId, roles };
  if (code !== undefined) event.code = code;
  if (executionId !== undefined) event.executionId = executionId;
  if (email) event.email = email;
  if (permission !== undefined) event.permission = permission;
  if (decision.outcome !== 'allowed') return event;
  const { path, grant, reason } = decision;
  if (reason !== undefined) event.reason = reason;
  if (path !== undefined) event.path = path;
  if (grant !== undefined) event.grant = nameOfGrant(grant);
  return event;
}

/** The id that another call than `execute` has started. */
const startedIn = (value: unknown): string | undefined =>
  isJsonObject(value) ? idText(value[usualStartMembers.execution]) : undefined;

/** The id that an argument names. */
function namedIn({ decision }: RootCall, plan: CallPlan | undefined): string | undefined {
  const [argument] = plan?.executionIds ?? [];
  return argument === undefined ? undefined : idText(decision.args[argument]);
}
