import { GatewayError } from '../../plugins/errors.ts';
import { isJsonObject, type JsonObject } from '../../plugins/noetl/json-object.ts';
import { answerOf } from '../../plugins/noetl/upstream-answer.ts';
import type { UpstreamReply } from '../../plugins/ports.ts';
import { boundsProblem, type CallPlan, type ValueSource } from '../calls/call-plan.ts';

/** A request as a client of NoETL's own API makes it. */
export interface WireRequest {
  /** Parameters of the path by the argument's name, decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** Parsed JSON; undefined: the request has no body. */
  readonly body: unknown;
}

/** The arguments of an operation that a request gives, and the same by the names that the client used, for the guard. */
export interface WireArguments {
  readonly args: Readonly<Record<string, unknown>>;
  readonly guarded: Readonly<Record<string, unknown>>;
}

/**
 * Reads a request by the call plan of its operation. What the plan does not send is not read: hidden arguments,
 * constants, and names that NoETL's document does not have.
 * @throws ERR_REQUEST_INVALID (422) when the body is not an object where the plan needs one, and for a value out of bounds, by
 *   the name that the client used
 */
export function readWireArguments(plan: CallPlan, { params, query, body }: WireRequest): WireArguments {
  const args: Record<string, unknown> = { ...params };
  const guarded: Record<string, unknown> = { ...params };
  for (const [wire, source] of plan.query) {
    const values = query.getAll(wire);
    if (!('argument' in source) || values.length === 0) continue;
    args[source.argument] = values.length === 1 ? values[0] : values;
    guarded[wire] = args[source.argument];
    assertWithin(plan, wire, source.argument, args[source.argument]);
  }
  for (const [wire, argument, value] of bodyArguments(plan.body, body)) {
    args[argument] = value;
    guarded[wire] = value;
    assertWithin(plan, wire, argument, value);
  }
  return { args, guarded };
}

/** @throws ERR_REQUEST_INVALID (422) by the name that the client used */
export function assertWithin({ bounds }: CallPlan, wire: string, argument: string, value: unknown): void {
  const bound = bounds.get(argument);
  const problem = bound && boundsProblem(wire, bound, value);
  if (problem !== undefined) throw unprocessable(problem);
}

function bodyArguments(source: ValueSource | undefined, body: unknown): (readonly [string, string, unknown])[] {
  if (source === undefined || body === undefined || 'constant' in source) return [];
  if ('argument' in source) return [['body', source.argument, body]];
  const object = bodyObject(body);
  return source.members.flatMap(([wire, member]) =>
    'argument' in member && Object.hasOwn(object, wire) ? [[wire, member.argument, object[wire]] as const] : [],
  );
}

/** @throws ERR_REQUEST_INVALID (422) */
export function bodyObject(body: unknown): JsonObject {
  if (body === undefined) return {};
  if (isJsonObject(body)) return body;
  throw unprocessable('the body must be a JSON object');
}

/** Input that NoETL itself answers with 422. */
export const unprocessable = (message: string): GatewayError =>
  new GatewayError('ERR_REQUEST_INVALID', message, { status: 422 });

/** NoETL's own statuses that a client is given; others are the gateway's words for "could not answer". */
const passedOn: ReadonlySet<number> = new Set([400, 404, 405, 409, 413, 422]);

/**
 * The body of a successful answer as NoETL wrote it. A refusal keeps NoETL's status, and never its text.
 * @throws as `answerOf` does
 */
export const wireAnswer = (reply: UpstreamReply, missing?: string): unknown =>
  withStatusOf(reply, () => answerOf(reply, missing));

/** Runs a reader of an answer; what it throws about a refusal of NoETL keeps NoETL's status. */
export function withStatusOf<T>({ status }: Pick<UpstreamReply, 'status'>, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof GatewayError) || !passedOn.has(status)) throw error;
    throw new GatewayError(error.code, error.message, { status, cause: error });
  }
}
