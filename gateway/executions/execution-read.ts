import type { Clock } from '../../plugins/clock.ts';
import { GatewayError } from '../../plugins/errors.ts';
import { idText } from '../../plugins/json/lossless-json.ts';
import type { Mutable } from '../../plugins/mutable.ts';
import { type End, type ExecutionState, parseExecutionState } from '../../plugins/noetl/execution-state.ts';
import { isJsonObject, type JsonObject, textMember } from '../../plugins/noetl/json-object.ts';
import { answerOf, isMissingRoute } from '../../plugins/noetl/upstream-answer.ts';
import { parseWireTime } from '../../plugins/noetl/wire-dialect.ts';
import type { Upstream, UpstreamCall, UpstreamReply } from '../../plugins/ports.ts';
import type { Asking } from '../calls/root-fields.ts';
import { stepName } from './run-event.ts';

/** An execution as `GET /api/executions/{id}` reports it, for both servers. */
export interface ExecutionDetail {
  readonly id: string;
  /** The playbook's catalog path. */
  readonly path: string | undefined;
  readonly version: number | undefined;
  /** The status that the upstream claims; an end may be announced too early. */
  readonly claim: ExecutionState;
  /** The newest event of an execution that runs reports an error (Python): it may have stopped. */
  readonly isDoubtful: boolean;
  /** The Rust server writes a terminal event for every end and has no inferred ones. */
  readonly server: 'python' | 'rust';
  readonly startedAt: Date | undefined;
  readonly endedAt: Date | undefined;
  readonly parentId: string | undefined;
  /** 0 or 100 from the Python server; the Rust server does not report it. */
  readonly progress: number | undefined;
  /** The workload of the start, where the server reports it (Rust). */
  readonly workload: JsonObject | undefined;
  /** As on the wire; empty when they were not asked for. */
  readonly events: readonly JsonObject[];
  /** Whether `events` goes back to the first one. */
  readonly hasAllEvents: boolean;
}

/** The end of an execution by `GET /api/executions/{id}/status`. */
export interface ExecutionStatus {
  /** Undefined: the execution is still running. */
  readonly end: End | undefined;
  readonly currentStep: string | undefined;
  readonly completedSteps: readonly string[];
  /** Step results by step name, among the workload's members; undefined on a server that does not report them. */
  readonly variables: JsonObject | undefined;
}

/** The newest executions by id. A list reports an end only when there is a terminal event. */
export type ExecutionRows = ReadonlyMap<string, ExecutionDetail>;

/**
 * One text for an execution that is missing and one that is hidden, so that an answer does not show which of the two it
 * is.
 */
export const missingExecution = 'execution not found';

/** Whole results are read with their copies and judged by the row's own limit afterwards, bytes. */
const readLimit = 64 * 1024 * 1024;
/** Each server ignores the other's names. */
const firstPage: UpstreamCall['query'] = [
  ['page', '1'],
  ['page_size', '100'],
  ['limit', '100'],
];

/** The reads of executions, in the forms of both servers. Every one throws ERR_UPSTREAM for "could not find out". */
export class ExecutionReads {
  readonly #upstream: Upstream;
  readonly #clock: Clock;
  readonly #basePath: string;
  readonly #serverClock: ServerClock;
  #resolveRoute: string;

  /** @param basePath where executions live upstream, for example `/api/executions` */
  constructor(upstream: Upstream, clock: Clock, basePath: string) {
    this.#upstream = upstream;
    this.#clock = clock;
    this.#basePath = basePath;
    this.#serverClock = new ServerClock(clock);
    this.#resolveRoute = `${this.#root}/result/resolve`;
  }

  /** The detail without events. @returns undefined: there is no such execution. */
  async detail(id: string, asking: Asking): Promise<ExecutionDetail | undefined> {
    const reply = await this.#readDetail(id, [['include_events', 'false']], asking);
    // A 404 of a missing route does not concern this execution.
    return reply.status === 404 && !isMissingRoute(reply) ? undefined : detailIn(reply, id);
  }

  /** The detail with its newest events, up to `count` (the Rust server gives 2,000). @throws ERR_NOT_FOUND */
  async withEvents(id: string, count: 100 | 500, asking: Asking): Promise<ExecutionDetail> {
    return detailIn(await this.#readDetail(id, [['page_size', `${count}`]], asking), id);
  }

  /** The newest events of one type, up to 500 (Python). */
  async eventsOfType(id: string, type: string, asking: Asking): Promise<readonly JsonObject[]> {
    const query = [
      ['page_size', '500'],
      ['event_type', type],
    ] as const;
    return detailIn(await this.#readDetail(id, query, asking), id).events;
  }

  /** The oldest events, in any order. */
  async oldestEvents(id: string, asking: Asking): Promise<readonly JsonObject[]> {
    const read = (page: number) => this.#readDetail(id, [...hundredEvents, ['page', `${page}`]], asking);
    const newest = await read(1);
    const pages = pagesOf(answerOf(newest, missingExecution));
    return detailIn(pages > 1 ? await read(pages) : newest, id).events;
  }

  /** @returns undefined: this release has no such route. */
  async status(id: string, asking: Asking): Promise<ExecutionStatus | undefined> {
    const path = `${this.#pathOf(id)}/status`;
    const reply = await this.#read(path, `${this.#basePath}/{execution_id}/status`, undefined, asking);
    return reply.status === 404 || reply.status === 405 ? undefined : decodeExecutionStatus(answerOf(reply));
  }

  /** The newest executions, as the list reports them. */
  async newest(asking: Asking): Promise<ExecutionRows> {
    const rows = answerOf(await this.#read(this.#basePath, this.#basePath, firstPage, asking));
    const details = (Array.isArray(rows) ? rows : []).filter(isJsonObject).map((row) => decodeExecutionDetail(row));
    return new Map(details.map((detail) => [detail.id, detail]));
  }

  /** The value behind a reference of that execution. */
  async resolve(id: string, ref: string, asking: Asking): Promise<unknown> {
    // A playbook may write any reference into its result; only those of its own execution are followed.
    if (!ref.startsWith('noetl://') || !ref.includes(`/${id}/`)) {
      throw new GatewayError('ERR_UPSTREAM', 'NoETL refers to a result of another execution');
    }
    const read = (route: string) => this.#read(route, route, [['ref', ref]], asking);
    // Releases before 4.0 have the prefix twice.
    const olderRoute = `${this.#root}${this.#root}/result/resolve`;
    const reply = await read(this.#resolveRoute);
    if (!isMissingRoute(reply) || this.#resolveRoute === olderRoute) return answerOf(reply);
    const older = await read(olderRoute);
    if (!isMissingRoute(older)) this.#resolveRoute = olderRoute;
    return answerOf(older);
  }

  /** NoETL's clock, milliseconds. */
  now(): number {
    return this.#serverClock.now();
  }

  get #root(): string {
    return this.#basePath.slice(0, this.#basePath.lastIndexOf('/'));
  }

  #pathOf(id: string): string {
    return `${this.#basePath}/${encodeURIComponent(id)}`;
  }

  #readDetail(id: string, query: UpstreamCall['query'], asking: Asking): Promise<UpstreamReply> {
    return this.#read(this.#pathOf(id), `${this.#basePath}/{execution_id}`, query, asking);
  }

  async #read(
    path: string,
    route: string,
    query: UpstreamCall['query'],
    { requestId, user, timeoutMs }: Asking,
  ): Promise<UpstreamReply> {
    const call: Mutable<UpstreamCall> = { method: 'GET', path, idempotent: true, maxResponseBytes: readLimit, route };
    if (query !== undefined) call.query = query;
    if (requestId !== undefined) call.requestId = requestId;
    if (user !== undefined) call.user = user;
    if (timeoutMs !== undefined) call.timeoutMs = timeoutMs;
    const reply = await this.#upstream.request(call);
    this.#serverClock.observe(reply.date, this.#clock());
    return reply;
  }
}

const hundredEvents = [['page_size', '100']] as const;

const detailIn = (reply: UpstreamReply, id: string): ExecutionDetail =>
  decodeExecutionDetail(answerOf(reply, missingExecution), id);

/** How many pages of events there are; NoETL's newest are on the first. */
function pagesOf(body: unknown): number {
  const pagination = isJsonObject(body) ? body['pagination'] : undefined;
  return (isJsonObject(pagination) ? integerOf(pagination['total_pages']) : undefined) ?? 1;
}

/** Answers older than this count no more, so that a clock that was set is followed, milliseconds. */
const clockWindowMs = 60_000;

/**
 * NoETL's clock, worked out from the `Date` headers of its answers, which are cut to whole seconds: never ahead of it,
 * at most a second behind, and closer after some answers.
 */
export class ServerClock {
  readonly #clock: Clock;
  #since = Number.NEGATIVE_INFINITY;
  #offset: number | undefined;
  #previous: number | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @param receivedAt when the answer with that header arrived, by our own clock, milliseconds */
  observe(date: Date | undefined, receivedAt: number): void {
    if (date === undefined) return;
    // The answer was written at `date` or later and arrived at `receivedAt`: NoETL is at least this far ahead of us.
    const atLeast = date.getTime() - receivedAt;
    if (receivedAt - this.#since > clockWindowMs) {
      this.#previous = this.#offset;
      this.#offset = atLeast;
      this.#since = receivedAt;
    }
    this.#offset = Math.max(this.#offset ?? atLeast, atLeast);
  }

  now(): number {
    return this.#clock() + Math.max(this.#offset ?? 0, this.#previous ?? Number.NEGATIVE_INFINITY);
  }
}

/**
 * Reads a detail answer, or a row of the list.
 * @param askedId undefined: any execution
 * @throws ERR_UPSTREAM when the answer is not about the execution that was asked for
 */
export function decodeExecutionDetail(body: unknown, askedId?: string): ExecutionDetail {
  const id = isJsonObject(body) ? idText(body['execution_id']) : undefined;
  if (!isJsonObject(body) || id === undefined || (askedId !== undefined && id !== askedId)) {
    throw new GatewayError('ERR_UPSTREAM', 'NoETL answered in a form that the gateway does not know');
  }
  const server = Object.hasOwn(body, 'started_at') && !Object.hasOwn(body, 'start_time') ? 'rust' : 'python';
  const { version, progress, workload, pagination, events } = body;
  const claim = parseExecutionState(body['status']);
  return {
    id,
    path: textMember(body, 'path'),
    version: integerOf(version),
    claim,
    isDoubtful: claim === 'RUNNING' && server === 'python' && textMember(body, 'error') !== undefined,
    server,
    startedAt: parseWireTime(body['start_time'] ?? body['started_at']),
    endedAt: parseWireTime(body['end_time'] ?? body['completed_at']),
    parentId: idText(body['parent_execution_id']),
    progress: integerOf(progress),
    workload: isJsonObject(workload) ? workload : undefined,
    events: Array.isArray(events) ? events.filter(isJsonObject) : [],
    hasAllEvents: !(isJsonObject(pagination) && pagination['has_next'] === true),
  };
}

const integerOf = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isInteger(value) ? value : undefined;

/**
 * Reads the answer of either server: booleans from Python, a status word from Rust.
 * @returns undefined when it is neither.
 */
export function decodeExecutionStatus(body: unknown): ExecutionStatus | undefined {
  if (!isJsonObject(body)) return undefined;
  const word = textMember(body, 'status');
  if (word === undefined && typeof body['completed'] !== 'boolean') return undefined;
  const { completed_steps: steps, variables } = body;
  const current = textMember(body, 'current_step');
  return {
    end: word === undefined ? endOfBooleans(body) : endOfWord(word),
    currentStep: current === undefined ? undefined : stepName(current),
    completedSteps: Array.isArray(steps) ? steps.filter((step) => typeof step === 'string').map(stepName) : [],
    variables: isJsonObject(variables) ? variables : undefined,
  };
}

function endOfBooleans(body: JsonObject): End | undefined {
  if (body['failed'] === true) return 'FAILED';
  return body['completed'] === true ? 'COMPLETED' : undefined;
}

function endOfWord(word: string): End | undefined {
  const state = parseExecutionState(word);
  return state === 'RUNNING' ? undefined : state;
}
