import type { Clock } from '../../plugins/clock.ts';
import { GatewayError } from '../../plugins/errors.ts';
import type { Mutable } from '../../plugins/mutable.ts';
import { isJsonObject, type JsonObject } from '../../plugins/noetl/json-object.ts';
import { answerOf, isMissingRoute } from '../../plugins/noetl/upstream-answer.ts';
import type { CallUser, Upstream, UpstreamCall, UpstreamReply } from '../../plugins/ports.ts';
import { decodeExecutionDetail, type ExecutionDetail } from './execution-detail.ts';
import { decodeExecutionStatus, type ExecutionStatus } from './execution-status.ts';
import { createServerClock } from './server-clock.ts';

/** Who asks; passed on to the upstream call. */
export interface Asking {
  readonly requestId?: string;
  readonly user?: CallUser;
  readonly timeoutMs?: number;
}

/** The reads of executions, in the forms of both servers. Every one throws ERR_UPSTREAM for "could not find out". */
export interface ExecutionReads {
  /** The detail without events. @returns undefined: there is no such execution. */
  detail(id: string, asking: Asking): Promise<ExecutionDetail | undefined>;
  /** The detail with its newest events, up to `count` (the Rust server gives 2,000). */
  withEvents(id: string, count: 100 | 500, asking: Asking): Promise<ExecutionDetail>;
  /** The oldest events, in any order. */
  oldestEvents(id: string, asking: Asking): Promise<readonly JsonObject[]>;
  /** @returns undefined: this release has no such route. */
  status(id: string, asking: Asking): Promise<ExecutionStatus | undefined>;
  /** The newest executions, as the list reports them. A list believes in terminal events only. */
  newest(asking: Asking): Promise<ReadonlyMap<string, ExecutionDetail>>;
  /** The value behind a reference of that execution. */
  resolve(id: string, ref: string, asking: Asking): Promise<unknown>;
  /** NoETL's clock, milliseconds. */
  now(): number;
}

/**
 * One text for an execution that is missing and one that is hidden, so that an answer does not show which of the two it
 * is.
 */
export const missingExecution = 'execution not found';

/** Whole results are read with their copies and judged by the row's own limit afterwards, bytes. */
const readLimit = 64 * 1024 * 1024;
const listed = 100;
/** Each server ignores the other's names. */
const firstPage = [
  ['page', '1'],
  ['page_size', `${listed}`],
  ['limit', `${listed}`],
] as const;
const withoutEvents = [['include_events', 'false']] as const;
const hundredEvents = [['page_size', '100']] as const;

/** @param basePath where executions live upstream, for example `/api/executions` */
export function createExecutionReads(upstream: Upstream, clock: Clock, basePath: string): ExecutionReads {
  const serverClock = createServerClock(clock);

  function read<T>(
    path: string,
    route: string,
    query: UpstreamCall['query'],
    asking: Asking,
    use: (reply: UpstreamReply) => T,
  ): Promise<T> {
    const { requestId, user, timeoutMs } = asking;
    const call: Mutable<UpstreamCall> = { method: 'GET', path, idempotent: true, maxResponseBytes: readLimit, route };
    if (query !== undefined) call.query = query;
    if (requestId !== undefined) call.requestId = requestId;
    if (user !== undefined) call.user = user;
    if (timeoutMs !== undefined) call.timeoutMs = timeoutMs;
    // Read and used in one step: each promise between the two costs as much as the step.
    return upstream.request(call).then((reply) => {
      serverClock.observe(reply.date, clock());
      return use(reply);
    });
  }

  const pathOf = (id: string): string => `${basePath}/${encodeURIComponent(id)}`;
  const route = `${basePath}/{execution_id}`;
  const detailIn = (id: string, reply: UpstreamReply) => decodeExecutionDetail(answerOf(reply, missingExecution), id);

  return {
    detail: (id, asking) =>
      read(pathOf(id), route, withoutEvents, asking, (reply) =>
        // A 404 of a missing route does not concern this execution.
        reply.status === 404 && !isMissingRoute(reply) ? undefined : detailIn(id, reply),
      ),
    withEvents: (id, count, asking) =>
      read(pathOf(id), route, [['page_size', String(count)]], asking, (reply) => detailIn(id, reply)),
    async oldestEvents(id, asking) {
      const query = (page: number) => [...hundredEvents, ['page', `${page}`]] as const;
      const page = (number: number) =>
        read(pathOf(id), route, query(number), asking, (reply) => answerOf(reply, missingExecution));
      const first = await page(1);
      const pages = pagesOf(first);
      return decodeExecutionDetail(pages > 1 ? await page(pages) : first, id).events;
    },
    status: (id, asking) =>
      read(`${pathOf(id)}/status`, `${route}/status`, undefined, asking, (reply) =>
        reply.status === 404 || reply.status === 405 ? undefined : decodeExecutionStatus(answerOf(reply)),
      ),
    newest: (asking) => read(basePath, basePath, firstPage, asking, (reply) => rowsById(answerOf(reply))),
    resolve: referenceReader((at, query, asking) => read(at, at, query, asking, asItIs), basePath),
    now: serverClock.now,
  };
}

const asItIs = (reply: UpstreamReply): UpstreamReply => reply;

type Read = (at: string, query: UpstreamCall['query'], asking: Asking) => Promise<UpstreamReply>;

function referenceReader(read: Read, basePath: string): ExecutionReads['resolve'] {
  const root = basePath.slice(0, basePath.lastIndexOf('/'));
  // Releases before 4.0 have the prefix twice.
  const olderRoute = `${root}${root}/result/resolve`;
  let route = `${root}/result/resolve`;
  return async (id, ref, asking) => {
    // A playbook may write any reference into its result; only those of its own execution are followed.
    if (!ref.startsWith('noetl://') || !ref.includes(`/${id}/`)) {
      throw new GatewayError('ERR_UPSTREAM', 'NoETL refers to a result of another execution');
    }
    const query = [['ref', ref]] as const;
    const reply = await read(route, query, asking);
    if (!isMissingRoute(reply) || route === olderRoute) return answerOf(reply);
    const older = await read(olderRoute, query, asking);
    if (!isMissingRoute(older)) route = olderRoute;
    return answerOf(older);
  };
}

/** How many pages of events there are; NoETL's newest are on the first. */
function pagesOf(body: unknown): number {
  const pagination = isJsonObject(body) ? body['pagination'] : undefined;
  const pages = isJsonObject(pagination) ? pagination['total_pages'] : undefined;
  return typeof pages === 'number' && Number.isInteger(pages) ? pages : 1;
}

function rowsById(rows: unknown): ReadonlyMap<string, ExecutionDetail> {
  const found = new Map<string, ExecutionDetail>();
  for (const row of Array.isArray(rows) ? rows : []) {
    if (!isJsonObject(row)) continue;
    const detail = decodeExecutionDetail(row);
    found.set(detail.id, detail);
  }
  return found;
}
