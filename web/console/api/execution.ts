import type { ConsoleField, Selectable } from '../../../gateway/console/console-answers.ts';
import type { Filters } from './executions.ts';
import type { GatewayClient } from './gateway-client.ts';
import { addressOf } from './health.ts';
import type { Starts } from './playbooks.ts';

/**
 * An operation to send. The root field has the alias `answer`, so the caller reads the same member under every config.
 */
export interface GraphqlRequest {
  readonly query: string;
  readonly variables: Record<string, unknown>;
}

/** Members to select, those of a member in a list behind its name: `['id', ['steps', ['name', 'status']]]`. */
export type Wanted = readonly (string | readonly [member: string, members: Wanted])[];

/**
 * The operation that calls a field: of the arguments those that the field has, of the members those that it answers.
 * What the config closed is left out, since a query that names it would fail as a whole.
 */
export function operationOf(
  field: ConsoleField,
  given: Readonly<Record<string, unknown>>,
  wanted: Wanted,
): GraphqlRequest {
  // `hasOwn`: a name such as `constructor` is in every object.
  const variables = Object.fromEntries(
    Object.entries(given).filter(([name, value]) => value !== undefined && Object.hasOwn(field.args, name)),
  );
  const names = Object.keys(variables);
  const declared = names.map((name) => `$${name}: ${field.args[name]}`).join(', ');
  const passed = names.map((name) => `${name}: $${name}`).join(', ');
  const call = field.field + inBrackets(passed) + selectionOf(field.returns, wanted);
  return { query: `${field.root} Console${inBrackets(declared)} { answer: ${call} }`, variables };
}

const inBrackets = (text: string): string => (text === '' ? '' : `(${text})`);

function selectionOf(returns: Selectable | null, wanted: Wanted): string {
  if (returns === null) return '';
  const chosen = wanted.flatMap((one) => {
    const [name, members] = typeof one === 'string' ? [one, []] : one;
    const found = Object.hasOwn(returns, name) ? returns[name] : undefined;
    return found === undefined ? [] : [name + selectionOf(found, members)];
  });
  // GraphQL refuses an empty selection (October 2021, section 2.4), and the answer must still arrive.
  return ` { ${chosen.join(' ') || '__typename'} }`;
}

/** A step of an execution, as the type `ExecutionStep` of the schema has it. Times are ISO texts. */
export interface Step {
  readonly name: string;
  readonly status: string;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  /** How often it was started. Absent where the config hides the member, as every optional member here. */
  readonly attempts?: number;
  /** Of the execution that the step started; of several the one that failed, else the last. */
  readonly executionId?: string | null;
  /** Of all executions that it started. */
  readonly executionIds?: readonly string[] | null;
  readonly failure?: Failure | null;
}

/** Why a step failed. */
export interface Failure {
  readonly step: string | null;
  readonly message: string;
  readonly code?: string | null;
  readonly httpStatus?: number | null;
  readonly retryable?: boolean | null;
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
  readonly failure?: Failure | null;
  readonly steps?: readonly Step[] | null;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  readonly parentId?: string | null;
}

const failureMembers: Wanted[number] = ['failure', ['step', 'message', 'code', 'httpStatus', 'retryable']];
const stepMembers: Wanted = [
  ...['name', 'status', 'startedAt', 'finishedAt', 'attempts', 'executionId', 'executionIds'],
  failureMembers,
];

// Without `result`: it can be large, and it is asked for once, when the execution is over.
const wanted: Wanted = [
  ...['id', 'path', 'name', 'version', 'status', 'resultStep', 'startedAt', 'finishedAt', 'parentId'],
  failureMembers,
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

/**
 * The filters and the place in the list, as the address of the view has them. Texts are empty where a filter is not
 * set.
 */
export interface ExecutionQuery {
  /** Page of the shown rows, from 1. */
  readonly page: number;
  /** Page of NoETL's list where a search begins, from 1; see {@link Filters.from}. */
  readonly from: number;
  readonly status: string;
  readonly path: string;
  /** A name of {@link spans}. It excludes `since` and `until`. */
  readonly within: string;
  /** Local times as a browser's field has them: `2026-01-31T12:00`. */
  readonly since: string;
  readonly until: string;
  /** `me`, or a user as the audit log names it. */
  readonly by: string;
}

/** States of an execution that can be asked for: those that the gateway answers. */
export const statuses = ['RUNNING', 'FAILED', 'COMPLETED', 'CANCELLED'] as const;

/** Spans of time, in milliseconds. */
export const spans: Readonly<Record<string, { readonly title: string; readonly ms: number }>> = {
  '1h': { title: 'last hour', ms: 3_600_000 },
  '24h': { title: 'last 24 hours', ms: 86_400_000 },
  '7d': { title: 'last 7 days', ms: 604_800_000 },
};

/** Reads an address; what is not one of the possible values counts as not set. */
export function readExecutionQuery(query: Readonly<Record<string, string>>): ExecutionQuery {
  const text = (name: string) => query[name] ?? '';
  const oneOf = (name: string, values: readonly string[]) => (values.includes(text(name)) ? text(name) : '');
  const time = (name: string) => (Number.isNaN(Date.parse(text(name))) ? '' : text(name));
  // 1 to 99,999; anything else is the first page.
  const count = (name: string) => (/^[1-9]\d{0,4}$/.test(text(name)) ? Number(text(name)) : 1);
  return {
    page: count('page'),
    from: count('from'),
    status: oneOf('status', statuses),
    path: text('path'),
    within: oneOf('within', Object.keys(spans)),
    since: time('since'),
    until: time('until'),
    by: text('by'),
  };
}

/** The address of a list; a first page is not named. */
export function executionsAddress(query: Partial<ExecutionQuery>): string {
  const { page, from, ...rest } = query;
  const later = (value: number | undefined) => (value === 1 ? undefined : value);
  return addressOf('executions', { ...rest, page: later(page), from: later(from) });
}

/** Filters of a query at a time. @param starts who has started what; without it no execution is anyone's */
export function filtersOf(query: ExecutionQuery, starts: Starts | undefined, nowMs: number): Filters {
  const { page, from, status, path, within, since, until, by } = query;
  const span = spans[within];
  // `me` is resolved here and not in the address, so that a link means the user who opens it.
  const user = by === 'me' ? starts?.me : by;
  return {
    page,
    from,
    status,
    path,
    ...(span !== undefined && { sinceMs: nowMs - span.ms }),
    ...(span === undefined && since !== '' && { sinceMs: Date.parse(since) }),
    ...(span === undefined && until !== '' && { untilMs: Date.parse(until) }),
    // A user who is not known matches no execution. The filter is set before the starts have arrived, too.
    ...(by !== '' && { isBy: (id: string) => user !== undefined && starts?.userOf.get(id) === user }),
  };
}
