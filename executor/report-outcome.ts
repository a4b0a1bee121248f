import { nameOfGrant } from '../core/access/report-decision.ts';
import type { CallPlan } from '../core/call-plan/call-plan.ts';
import { GatewayError } from '../core/errors.ts';
import { idText } from '../core/json/lossless-json.ts';
import { isJsonObject } from '../core/noetl/json-object.ts';
import type { GatewayEvent, Observe } from '../core/observe.ts';
import { isStart, usualStartMembers } from '../core/operation-kind.ts';
import type { RootAnswer, RootCall } from './root-call.ts';
import type { RootField } from './root-fields.ts';

type OutcomeEvent = Extract<GatewayEvent, { type: 'outcome' }>;
type Found = Pick<OutcomeEvent, 'outcome' | 'code' | 'executionId'>;

/**
 * The same answer, with one event about what became of it: once, after the call and not before it. Reads are not
 * reported. A start counts as started as soon as NoETL has named the execution, whatever happens while the caller waits
 * for its end. Of queries only those that start a playbook are reported. The event goes to the audit log.
 */
export function reportingOutcome(answer: RootAnswer, { root, plan }: RootField, observe: Observe): RootAnswer {
  const starts = plan !== undefined && isStart(plan.kind);
  if (root !== 'mutation' && !starts) return answer;
  return async (call) => {
    let isReported = false;
    const report = (found: Found): void => {
      if (isReported) return;
      isReported = true;
      observe(eventOf(call, found));
    };
    try {
      const value = await answer({ ...call, started: (executionId) => report({ outcome: 'started', executionId }) });
      report(starts ? { outcome: 'started', ...startedIn(value) } : { outcome: 'done', ...namedIn(call, plan) });
      return value;
    } catch (error) {
      // `report` is silent when the start was reported: a wait that fails does not make a started execution a failed
      // one.
      const code = error instanceof GatewayError ? error.code : 'ERR_INTERNAL';
      report({ outcome: 'failed', code, ...(starts ? {} : namedIn(call, plan)) });
      throw error;
    }
  };
}

/**
 * The same answer; how long it took is reported, whatever became of it: an event `field` with milliseconds, access to
 * the execution and waits included.
 */
export function measuredAnswer(field: string, answer: RootAnswer, observe: Observe): RootAnswer {
  return async (call) => {
    const startedAt = performance.now();
    try {
      return await answer(call);
    } finally {
      observe({ type: 'field', field, ms: performance.now() - startedAt });
    }
  };
}

function eventOf({ decision, context }: RootCall, found: Found): GatewayEvent {
  const { userId, roles, email } = context.caller.session.user;
  const { permission } = decision;
  const { path, grant } = decision.outcome === 'allowed' ? decision : { path: undefined, grant: undefined };
  return {
    type: 'outcome',
    ...found,
    field: decision.field,
    userId,
    roles,
    requestId: context.requestId,
    ...(email && { email }),
    ...(permission !== undefined && { permission }),
    ...(path !== undefined && { path }),
    ...(grant !== undefined && { grant: nameOfGrant(grant) }),
  };
}

/** What another call than `execute` has started. */
function startedIn(value: unknown): Pick<Found, 'executionId'> {
  const id = isJsonObject(value) ? idText(value[usualStartMembers.execution]) : undefined;
  return id === undefined ? {} : { executionId: id };
}

/** The execution that an argument names. */
function namedIn({ decision }: RootCall, plan: CallPlan | undefined): Pick<Found, 'executionId'> {
  const [argument] = plan?.executionIds ?? [];
  const id = argument === undefined ? undefined : idText(decision.args[argument]);
  return id === undefined ? {} : { executionId: id };
}
