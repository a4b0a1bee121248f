import type { ConsoleField } from '../../../gateway/console/answer-fields.ts';
import { type GraphqlRequest, operationOf, type Wanted } from './fields.ts';
import type { GatewayClient } from './gateway-client.ts';

/** A step of an execution, as the type `ExecutionStep` of the schema has it. Times are ISO texts. */
export interface Step {
  readonly name: string;
  readonly status: string;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  /** How often it was started. Absent where the config hides the member, as every optional member here. */
  readonly attempts?: number;
  /** Of the execution that the step started. */
  readonly executionId?: string | null;
  readonly error?: string | null;
}

/** An execution, as the type `Execution` of the schema has it. `finishedAt` is null while it runs. */
export interface Execution {
  readonly id: string;
  readonly path: string | null;
  readonly name?: string | null;
  readonly version?: number | null;
  readonly status: string;
  /** The step that the result is of; null when it holds several. */
  readonly resultStep?: string | null;
  /** The step that failed first, also while others still run. */
  readonly failure?: { readonly step: string | null; readonly message: string } | null;
  readonly steps?: readonly Step[] | null;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  readonly parentId?: string | null;
}

const stepMembers: Wanted = ['name', 'status', 'startedAt', 'finishedAt', 'attempts', 'executionId', 'error'];

// Without `result`: it can be large, and it is asked for once, when the execution is over.
const wanted: Wanted = [
  ...['id', 'path', 'name', 'version', 'status', 'resultStep', 'startedAt', 'finishedAt', 'parentId'],
  ['failure', ['step', 'message']],
  ['steps', stepMembers],
];

/** The subscription to one execution; undefined where the config has no row for it. */
export const updatesOf = (field: ConsoleField | undefined, id: string): GraphqlRequest | undefined =>
  field && operationOf(field, { id }, wanted);

/**
 * Whether the state is final. The gateway decides it (ADR 0010); the page never derives an end from steps or events.
 */
export const isOver = (status: string): boolean => ['COMPLETED', 'FAILED', 'CANCELLED'].includes(status);

/**
 * The state and the steps, without what they produced.
 * @throws CallFailed, for example ERR_NOT_FOUND: there is no such execution, or the session may not view it
 */
export async function readExecution(gateway: GatewayClient, field: ConsoleField, id: string, signal: AbortSignal) {
  const { query, variables } = operationOf(field, keyed(field, id), wanted);
  return (await gateway.graphql<{ answer: Execution }>(query, variables, signal)).answer;
}

/** What the execution produced; null when it produced nothing. @throws CallFailed */
export async function readResult(
  gateway: GatewayClient,
  field: ConsoleField,
  id: string,
  signal: AbortSignal,
): Promise<unknown> {
  const { query, variables } = operationOf(field, keyed(field, id), ['result']);
  return (await gateway.graphql<{ answer: { result: unknown } }>(query, variables, signal)).answer.result;
}

/** What one step produced; null when it produced nothing or is not known. @throws CallFailed */
export async function readStep(
  gateway: GatewayClient,
  field: ConsoleField,
  id: string,
  step: string,
  signal: AbortSignal,
) {
  // Written by hand, since `operationOf` passes arguments to root fields only, and `names` is one of a member.
  const query = `query Console($id: ID!, $names: [String!]) { answer: ${field.field}(${field.key ?? 'id'}: $id) { steps(names: $names) { result } } }`;
  const { answer } = await gateway.graphql<{ answer: { steps: { result: unknown }[] | null } }>(
    query,
    { id, names: [step] },
    signal,
  );
  return answer.steps?.[0]?.result ?? null;
}

/** An event as NoETL has it. */
export type ExecutionEvent = Readonly<Record<string, unknown>>;

/** Events of one execution, newest first. */
export interface EventPage {
  readonly events: readonly ExecutionEvent[];
  readonly hasNext: boolean;
}

/** A page of at most 100 events. @param asked page from 1; only events of a type @throws CallFailed */
export async function readEvents(
  gateway: GatewayClient,
  field: ConsoleField,
  id: string,
  asked: { readonly page?: number; readonly eventType?: string },
  signal: AbortSignal,
): Promise<EventPage> {
  const { query, variables } = operationOf(field, { ...keyed(field, id), pageSize: 100, ...asked }, []);
  const { answer } = await gateway.graphql<{ answer: EventAnswer | null }>(query, variables, signal);
  return { events: answer?.events ?? [], hasNext: answer?.pagination?.has_next === true };
}

/** The field answers JSON of NoETL without a type of its own, so members have NoETL's names. */
interface EventAnswer {
  readonly events?: readonly ExecutionEvent[];
  readonly pagination?: { readonly has_next?: boolean } | null;
}

/** What the execution was started with, as its first event reports it; null where no event does. @throws CallFailed */
export async function readInput(
  gateway: GatewayClient,
  field: ConsoleField,
  id: string,
  signal: AbortSignal,
): Promise<unknown> {
  const { events } = await readEvents(gateway, field, id, { eventType: 'playbook.initialized' }, signal);
  return events.map(inputOf).find((input) => input !== undefined) ?? null;
}

/** The workload is in `result` of the context, or in the context itself. */
function inputOf({ context }: ExecutionEvent): unknown {
  const { result, workload } = (context ?? {}) as { result?: { workload?: unknown }; workload?: unknown };
  return result?.workload ?? workload;
}

/**
 * Cancels an execution and those that it has started. One that is over stays unchanged, and that is not an error. @throws
 * CallFailed
 */
export async function cancelExecution(gateway: GatewayClient, field: ConsoleField, id: string): Promise<void> {
  const { query, variables } = operationOf(field, keyed(field, id), ['status']);
  await gateway.graphql(query, variables);
}

/** Starts the playbook of an execution again. @returns the id of the new execution @throws CallFailed */
export async function rerunExecution(gateway: GatewayClient, field: ConsoleField, id: string): Promise<string> {
  const { query, variables } = operationOf(field, keyed(field, id), ['id']);
  return (await gateway.graphql<{ answer: { id: string } }>(query, variables)).answer.id;
}

/** The id under the name that the row gives to the argument. */
const keyed = ({ key = 'id' }: ConsoleField, id: string): Readonly<Record<string, unknown>> => ({ [key]: id });
