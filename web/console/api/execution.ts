import { type Asked, type Field, operationOf, type Wanted } from './fields.ts';
import type { Gateway } from './gateway.ts';

export interface Step {
  readonly name: string;
  readonly status: string;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  readonly attempts?: number;
  /** Of the execution that the step started. */
  readonly executionId?: string | null;
  readonly error?: string | null;
}

export interface Execution {
  readonly id: string;
  readonly path: string | null;
  readonly name?: string | null;
  readonly version?: number | null;
  readonly status: string;
  readonly resultStep?: string | null;
  readonly failure?: { readonly step: string | null; readonly message: string } | null;
  readonly steps?: readonly Step[] | null;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  readonly parentId?: string | null;
}

const stepMembers: Wanted = ['name', 'status', 'startedAt', 'finishedAt', 'attempts', 'executionId', 'error'];

const wanted: Wanted = [
  ...['id', 'path', 'name', 'version', 'status', 'resultStep', 'startedAt', 'finishedAt', 'parentId'],
  ['failure', ['step', 'message']],
  ['steps', stepMembers],
];

/** The subscription to one execution. */
export const updatesOf = (field: Field | undefined, id: string): Asked | undefined =>
  field && operationOf(field, { id }, wanted);

export const isOver = (status: string): boolean => ['COMPLETED', 'FAILED', 'CANCELLED'].includes(status);

/** The state and the steps, without what they produced. */
export async function readExecution(gateway: Gateway, field: Field, id: string, signal: AbortSignal) {
  const { query, variables } = operationOf(field, keyed(field, id), wanted);
  return (await gateway.graphql<{ answer: Execution }>(query, variables, signal)).answer;
}

export async function readResult(gateway: Gateway, field: Field, id: string, signal: AbortSignal): Promise<unknown> {
  const { query, variables } = operationOf(field, keyed(field, id), ['result']);
  return (await gateway.graphql<{ answer: { result: unknown } }>(query, variables, signal)).answer.result;
}

/** What one step produced. */
export async function readStep(gateway: Gateway, field: Field, id: string, step: string, signal: AbortSignal) {
  const query = `query Console($id: ID!, $names: [String!]) { answer: ${field.field}(${field.key ?? 'id'}: $id) { steps(names: $names) { result } } }`;
  const { answer } = await gateway.graphql<{ answer: { steps: { result: unknown }[] | null } }>(
    query,
    { id, names: [step] },
    signal,
  );
  return answer.steps?.[0]?.result ?? null;
}

/** An event as NoETL has it. */
export type RunEvent = Readonly<Record<string, unknown>>;

export interface EventPage {
  readonly events: readonly RunEvent[];
  readonly hasNext: boolean;
}

export async function readEvents(
  gateway: Gateway,
  field: Field,
  id: string,
  asked: { readonly page?: number; readonly eventType?: string },
  signal: AbortSignal,
): Promise<EventPage> {
  const { query, variables } = operationOf(field, { ...keyed(field, id), pageSize: 100, ...asked }, []);
  const { answer } = await gateway.graphql<{ answer: EventAnswer | null }>(query, variables, signal);
  return { events: answer?.events ?? [], hasNext: answer?.pagination?.has_next === true };
}

interface EventAnswer {
  readonly events?: readonly RunEvent[];
  readonly pagination?: { readonly has_next?: boolean } | null;
}

/** What the execution was started with, as its first event reports it; undefined where no event does. */
export async function readInput(gateway: Gateway, field: Field, id: string, signal: AbortSignal): Promise<unknown> {
  const { events } = await readEvents(gateway, field, id, { eventType: 'playbook.initialized' }, signal);
  return events.map(inputOf).find((input) => input !== undefined) ?? null;
}

function inputOf({ context }: RunEvent): unknown {
  const { result, workload } = (context ?? {}) as { result?: { workload?: unknown }; workload?: unknown };
  return result?.workload ?? workload;
}

export async function cancelExecution(gateway: Gateway, field: Field, id: string): Promise<void> {
  const { query, variables } = operationOf(field, keyed(field, id), ['status']);
  await gateway.graphql(query, variables);
}

/** Starts the playbook of an execution again. @returns the id of the new execution */
export async function rerunExecution(gateway: Gateway, field: Field, id: string): Promise<string> {
  const { query, variables } = operationOf(field, keyed(field, id), ['id']);
  return (await gateway.graphql<{ answer: { id: string } }>(query, variables)).answer.id;
}

const keyed = ({ key = 'id' }: Field, id: string): Readonly<Record<string, unknown>> => ({ [key]: id });
