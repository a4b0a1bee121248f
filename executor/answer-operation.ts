import type { GraphQLOutputType } from 'graphql';
import { LRUCache } from 'lru-cache';
import { type CallPlan, callFor } from '../core/call-plan/call-plan.ts';
import type { Clock } from '../core/clock.ts';
import type { AnyUpstreamRow } from '../core/config/operation-row.ts';
import { GatewayError } from '../core/errors.ts';
import { withoutConnections } from '../core/noetl/hidden-values.ts';
import { answerOf } from '../core/noetl/upstream-answer.ts';
import { inDocumentedForm } from '../core/noetl/wire-dialect.ts';
import type { Upstream, UpstreamCall, UpstreamReply } from '../core/ports.ts';
import { ofDeclaredShape } from './declared-shape.ts';
import type { ExecutionGate } from './protocol/execution-access.ts';
import { eventsAnswer } from './protocol/execution-events.ts';
import type { Asking } from './protocol/execution-reads.ts';
import { type Executions, executionIdOf, noSuchExecution } from './protocol/executions.ts';
import { askingOf, boundsOf, type OpenDecision, type RootAnswer, type RootCall } from './root-call.ts';
import { withVisibleRows } from './visible-rows.ts';

export interface OperationOptions {
  readonly upstream: Upstream;
  readonly executions: Executions;
  readonly gate: ExecutionGate;
  readonly reserved: ReadonlySet<string>;
  readonly clock: Clock;
  readonly maxPathsPerAnswer: number | undefined;
  /** The field's own type: an answer that cannot be one is none. */
  readonly type: GraphQLOutputType | undefined;
}

const cachedAnswers = 200;

/** Any operation that has no rules of its own: one call, made of the decision's arguments. */
export function answerOperation(plan: CallPlan, row: AnyUpstreamRow, options: OperationOptions): RootAnswer {
  const { upstream, executions, gate, reserved, clock, maxPathsPerAnswer, type } = options;
  const ttlMs = row.cacheTtlMs ?? 0;
  const reuse = plan.idempotent && ttlMs > 0 ? createReuse(ttlMs, clock) : undefined;

  async function ask(call: UpstreamCall, asking: Asking): Promise<unknown> {
    const reply = await upstream.request(call);
    if (plan.route.endsWith('/events')) return events(call.path, reply, asking);
    const body = ofDeclaredShape(type, inDocumentedForm(plan.route, answerOf(reply)));
    return plan.route.includes('/worker/') ? withoutConnections(body) : body;
  }

  return async (call) => {
    const { decision, context } = call;
    const made = callFor(plan, decision.args);
    await assertExecutionAllowed(call);
    const asking = askingOf(row, context);
    const bounded = { ...made, ...boundsOf(row, context) };
    const body = await (reuse === undefined ? ask(bounded, asking) : reuse(made, () => ask(bounded, asking)));
    const rows = decision.outcome === 'allowed' ? decision.rows : undefined;
    return rows === undefined ? body : withVisibleRows(body, rows, context, maxPathsPerAnswer);
  };

  /** The answer itself is not asked for the path: what users wrote may stand in it. */
  async function assertExecutionAllowed(call: RootCall): Promise<void> {
    if (isDecided(call.decision)) return;
    const path = await executions.pathOf(idIn(call.decision), askingOf(row, call.context));
    if (path === undefined || !(await gate(call, path))) throw noSuchExecution();
  }

  /** A rule that asks for no path still does not open the executions that are nobody's. */
  function isDecided(decision: OpenDecision): boolean {
    if (decision.outcome === 'onAnswer') return false;
    return decision.path !== undefined || plan.executionIds.size === 0 || reserved.size === 0;
  }

  function events(path: string, reply: UpstreamReply, asking: Asking): Promise<unknown> {
    const id = path.split('/').at(-2) ?? '';
    return eventsAnswer(id, reply.status === 404 ? undefined : answerOf(reply), executions, asking);
  }

  function idIn(decision: OpenDecision): string {
    const [argument] = plan.executionIds;
    if (argument === undefined) throw new GatewayError('ERR_ACCESS_DENIED', 'access denied');
    return executionIdOf(decision.args[argument]);
  }
}

/** Reuses answers for as long as the row says; who may see them has been decided for each caller before. */
function createReuse(ttlMs: number, clock: Clock) {
  const answers = new LRUCache<string, { readonly until: number; readonly body: Promise<unknown> }>({
    max: cachedAnswers,
  });
  return (call: UpstreamCall, ask: () => Promise<unknown>): Promise<unknown> => {
    const key = JSON.stringify([call.path, call.query ?? [], call.body ?? null]);
    const found = answers.get(key);
    if (found !== undefined && found.until > clock()) return found.body;
    const body = ask();
    answers.set(key, { until: clock() + ttlMs, body });
    body.catch(() => answers.delete(key));
    return body;
  };
}
