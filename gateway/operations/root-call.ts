import type { CallContext } from '../../plugins/call-context.ts';
import { GatewayError } from '../../plugins/errors.ts';
import type { Mutable } from '../../plugins/mutable.ts';
import type { OpenDecision } from '../../plugins/noetl-auth/access/standing-decision.ts';
import type { UpstreamCall } from '../../plugins/ports.ts';
import type { AnyUpstreamRow } from '../config/gateway-config.ts';
import type { Asking } from '../executions/execution-read.ts';

/** Everything that answers a root field: what was decided, and for whom. */
export interface RootCall {
  readonly root: 'query' | 'mutation' | 'subscription';
  readonly decision: OpenDecision;
  readonly context: CallContext;
  /** Called by what starts a playbook as soon as NoETL has named the execution. */
  readonly started?: (executionId: string) => void;
}

/** Answers a root field. Its arguments are the decision's. */
export type RootAnswer = (call: RootCall) => Promise<unknown>;

const routes = new WeakMap<AnyUpstreamRow, string>();

/** The path of a row's operation, as NoETL's document has it: one text for each row, whose hash is known. */
export function routeOf(row: AnyUpstreamRow): string {
  const route = routes.get(row) ?? row.upstream.slice(row.upstream.indexOf(' ') + 1);
  routes.set(row, route);
  return route;
}

/**
 * Completes the call of a plan by the bounds that its row sets, and by what it carries of its request. After every decision:
 * a header of the caller must not stop one that is to be reported.
 * @param call changed
 * @throws ERR_REQUEST_INVALID for a forwarded header that is too long or not ASCII
 */
export function bound(call: Mutable<UpstreamCall>, row: AnyUpstreamRow, context: CallContext): Mutable<UpstreamCall> {
  call.requestId = context.requestId;
  call.user = context.caller.session.user;
  // As NoETL's document names it: one name for one route, wherever the call is made.
  call.route = routeOf(row);
  if (row.timeoutMs !== undefined) call.timeoutMs = row.timeoutMs;
  if (row.maxResponseBytes !== undefined) call.maxResponseBytes = row.maxResponseBytes;
  if (row.headers !== undefined) call.headers = headersOf(row.headers, context);
  return call;
}

/** Of a header's value, characters. */
const maxForwardedLength = 4_096;

/** What a row sends beside the usual headers, in lower case. A header that the caller does not have is left out. */
function headersOf(
  headers: NonNullable<AnyUpstreamRow['headers']>,
  context: CallContext,
): Readonly<Record<string, string>> {
  const sent: Record<string, string> = {};
  for (const [name, source] of Object.entries(headers)) {
    const value = typeof source === 'string' ? source : context.header?.(name);
    if (value === undefined) continue;
    // Line breaks would end the header and begin another one (RFC 9110, section 5.5).
    if (value.length > maxForwardedLength || !/^[\t\x20-\x7e]*$/.test(value)) {
      throw new GatewayError(
        'ERR_REQUEST_INVALID',
        `the header ${name} is too long, or has characters that are not ASCII`,
      );
    }
    sent[name.toLowerCase()] = value;
  }
  return sent;
}

/**
 * The same for reads of executions: the row's limit of time in milliseconds, and for whom they are made, since the
 * calls of a user have limits together.
 */
export function askingOf(row: AnyUpstreamRow, context: CallContext): Asking {
  const { requestId } = context;
  const { user } = context.caller.session;
  return row.timeoutMs === undefined ? { requestId, user } : { requestId, user, timeoutMs: row.timeoutMs };
}
