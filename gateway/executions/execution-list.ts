import { GatewayError } from '../../plugins/errors.ts';
import { idText } from '../../plugins/json/lossless-json.ts';
import { parseExecutionState } from '../../plugins/noetl/execution-state.ts';
import { isJsonObject, type JsonObject, textMember } from '../../plugins/noetl/json-object.ts';
import { parseWireTime } from '../../plugins/noetl/wire-dialect.ts';
import { compilePattern } from '../../plugins/noetl-auth/access/pattern.ts';
import type { UpstreamCall } from '../../plugins/ports.ts';
import type { Asking } from '../calls/root-fields.ts';
import { type Snapshot, stateOf } from './execution-end.ts';
import { isoText } from './execution-views.ts';
import type { Executions } from './executions.ts';

/** Pages of NoETL's list that one call reads: all that the Python server gives, which refuses offsets beyond 5,000. */
const maxPages = 30;
/** What is asked for: the Python server gives 200 rows, the Rust server 100. */
const largestPage = 200;

/** Executions of a list, newest first, and how far it was looked through. */
export interface ExecutionList {
  readonly rows: readonly unknown[];
  /** Whether there may be more. False with `stoppedAt`: NoETL lists no older ones. */
  readonly hasMore: boolean;
  /** Where the look ended before the list did: start of the last execution that was looked at, ISO 8601. */
  readonly stoppedAt: string | undefined;
}

/** What is asked of the list. */
export interface ListQuery {
  readonly skip: number;
  readonly take: number;
  readonly path?: (path: string) => boolean;
  readonly status?: string;
  /** Of the start, both included, milliseconds. */
  readonly fromMs?: number;
  readonly toMs?: number;
}

/** A page of NoETL's list. */
export interface ListPage {
  readonly rows: readonly unknown[];
  /** What newer Rust servers report (`X-NoETL-Has-More`). Others: the number of rows shows it. */
  readonly hasMore?: boolean | undefined;
}

/** The list that rows are taken from. */
export interface ListSource {
  /** Rows of NoETL's list in the documented form. The offset is a multiple of the size. */
  readonly read: (offset: number, size: number) => Promise<ListPage>;
  /** Leaves out the rows that the caller may not see. */
  readonly visible: (rows: readonly unknown[]) => Promise<readonly unknown[]>;
  /** Brings rows into the state that `execution` shows. */
  readonly settle: (rows: readonly unknown[]) => Promise<readonly unknown[]>;
}

/**
 * `executions`: the rows that the caller may see and that fit, each in the state that `execution` shows. NoETL's own filters are
 * not used: the Python server has none, and the Rust server filters by path after it has cut the list, and by status the newest
 * 2,000 only.
 * @param ask sends a call, and answers a {@link ListPage}
 * @param args of the field
 */
export async function listedExecutions(
  call: UpstreamCall,
  args: Readonly<Record<string, unknown>>,
  ask: (call: UpstreamCall) => Promise<unknown>,
  visible: (body: unknown) => Promise<unknown>,
  executions: Executions,
  asking: Asking,
): Promise<ExecutionList> {
  const query = listQueryOf(call, args);
  const settle = settlingRows(executions, asking);
  const list = await listExecutions(query, {
    read: async (offset, size) => {
      const { rows, hasMore } = (await ask(pageOfCall(call, offset / size + 1, size))) as ListPage;
      return { rows: listOf(rows), hasMore };
    },
    visible: async (rows) => listOf(await visible(rows)),
    settle,
  });
  // With a status they have been settled before they were judged.
  return query.status === undefined ? { ...list, rows: await settle(list.rows) } : list;
}

/**
 * The rows of a list that has no other order and position than NoETL's: a caller who sees every row of a first page costs one call;
 * else the list is walked from its start, or from `toMs`, for at most {@link maxPages} pages.
 */
export async function listExecutions(query: ListQuery, source: ListSource): Promise<ExecutionList> {
  const walk = new Walk(query, source);
  const isPlain = query.skip === 0 && query.path === undefined && query.status === undefined;
  if (isPlain && query.toMs === undefined && query.take <= largestPage && (await walk.first())) return walk.list();
  await walk.toStart();
  while (await walk.next());
  return walk.list();
}

class Walk {
  readonly #query: ListQuery;
  readonly #source: ListSource;
  readonly #seen = new Set<string>();
  #found: unknown[] = [];
  #size = largestPage;
  #offset = 0;
  #pages = 0;
  #isEnd = false;
  #isRefused = false;
  #lastMs: number | undefined;

  constructor(query: ListQuery, source: ListSource) {
    this.#query = query;
    this.#source = source;
  }

  /** Reads no more than the page. @returns whether it is whole */
  async first(): Promise<boolean> {
    this.#size = this.#query.take;
    await this.next();
    if (this.#isEnd || this.#found.length >= this.#query.take) return true;
    this.#seen.clear();
    this.#found = [];
    this.#size = largestPage;
    this.#offset = 0;
    return false;
  }

  /** Goes to the page with the first row that is not after `toMs`: rows are in the order of their start. */
  async toStart(): Promise<void> {
    const { toMs } = this.#query;
    if (toMs === undefined) return;
    let after = 0;
    let step = 1;
    while (await this.#isAfter((after + step) * largestPage, toMs)) {
      after += step;
      step *= 2;
    }
    for (step = Math.floor(step / 2); step >= 1; step = Math.floor(step / 2)) {
      if (await this.#isAfter((after + step) * largestPage, toMs)) after += step;
    }
    this.#offset = after * largestPage;
  }

  async #isAfter(offset: number, ms: number): Promise<boolean> {
    const { rows } = this.#pages < maxPages / 2 ? await this.#read(offset, 1) : { rows: [] };
    this.#isRefused = false;
    return (timeOf(rows[0]) ?? Number.NEGATIVE_INFINITY) > ms;
  }

  /** Reads a page. @returns whether there is one more to read */
  async next(): Promise<boolean> {
    const size = this.#size;
    const { rows, hasMore } = await this.#read(this.#offset, size);
    // A row that began meanwhile moves the others into the next page.
    const fresh = rows.filter((row) => this.#isFresh(row));
    this.#lastMs = timeOf(rows.at(-1)) ?? this.#lastMs;
    // A server whose own largest page is smaller gives that many, and a multiple of it is asked for from then on.
    const isCut = hasMore ?? (rows.length > 0 && rows.length % 100 === 0);
    if (rows.length < size && isCut && this.#offset % rows.length === 0) this.#size = rows.length;
    this.#offset += rows.length;
    const { fromMs = Number.NEGATIVE_INFINITY } = this.#query;
    const mayGoOn = hasMore ?? (rows.length === size || isCut);
    this.#isEnd = fresh.length === 0 || !mayGoOn || (this.#lastMs ?? fromMs) < fromMs;
    this.#found.push(...(await this.#fitting(fresh)));
    const wanted = this.#query.skip + this.#query.take;
    return !this.#isEnd && this.#found.length < wanted && this.#pages < maxPages;
  }

  #isFresh(row: unknown): boolean {
    const id = isJsonObject(row) ? idText(row['execution_id']) : undefined;
    if (id === undefined) return true;
    const isFresh = !this.#seen.has(id);
    this.#seen.add(id);
    return isFresh;
  }

  /** @returns no rows where NoETL refuses an offset */
  async #read(offset: number, size: number): Promise<ListPage> {
    this.#pages += 1;
    try {
      return await this.#source.read(offset, size);
    } catch (error) {
      if (offset === 0 || !(error instanceof GatewayError) || error.code !== 'ERR_REQUEST_INVALID') throw error;
      this.#isRefused = true;
      return { rows: [] };
    }
  }

  async #fitting(rows: readonly unknown[]): Promise<readonly unknown[]> {
    const { path, status, fromMs, toMs } = this.#query;
    const inTime = rows.filter((row) => {
      const ms = timeOf(row);
      return (fromMs === undefined || (ms ?? fromMs) >= fromMs) && (toMs === undefined || (ms ?? toMs) <= toMs);
    });
    const shown = await this.#source.visible(inTime);
    const named =
      path === undefined ? shown : shown.filter((row) => isJsonObject(row) && path(textMember(row, 'path') ?? ''));
    if (status === undefined) return named;
    const settled = await this.#source.settle(named);
    return settled.filter((row) => isJsonObject(row) && parseExecutionState(row['status']) === status);
  }

  list(): ExecutionList {
    const { skip, take } = this.#query;
    const rows = this.#found.slice(skip, skip + take);
    const isFull = this.#found.length >= skip + take;
    const isCut = !isFull && (this.#isRefused || !this.#isEnd);
    return {
      rows,
      hasMore: this.#found.length > skip + take || !this.#isEnd,
      stoppedAt: isCut && this.#lastMs !== undefined ? (isoText(this.#lastMs) ?? undefined) : undefined,
    };
  }
}

/** When an execution began, in the words of both servers. */
const timeOf = (row: unknown): number | undefined =>
  isJsonObject(row) ? parseWireTime(row['start_time'] ?? row['started_at'])?.getTime() : undefined;

function listOf(body: unknown): readonly unknown[] {
  if (Array.isArray(body)) return body;
  throw new GatewayError('ERR_UPSTREAM', 'NoETL answered in a form that the gateway does not know');
}

/**
 * What a call asks of the list. Values that the gateway itself answers to are arguments only; NoETL's own are in the query.
 * @throws ERR_REQUEST_INVALID for a time that is not one
 */
export function listQueryOf({ query = [] }: UpstreamCall, args: Readonly<Record<string, unknown>>): ListQuery {
  const given = (name: string): string | undefined => {
    const value = query.find(([wire]) => wire === name)?.[1] ?? args[name];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const number = (name: string, fallback: number) => {
    const value = Number(query.find(([wire]) => wire === name)?.[1] ?? fallback);
    return Number.isInteger(value) && value >= 1 ? value : fallback;
  };
  const take = number('page_size', 100);
  const [path, status, from, to] = [given('path'), given('status'), given('from'), given('to')];
  return {
    skip: (number('page', 1) - 1) * take,
    take,
    ...(path !== undefined && { path: pathMatcher(path) }),
    ...(status !== undefined && { status }),
    ...(from !== undefined && { fromMs: timeIn('from', from) }),
    ...(to !== undefined && { toMs: timeIn('to', to) }),
  };
}

/** A text without a wildcard may be anywhere in a path, as in NoETL's own filter. The case of letters does not matter. */
function pathMatcher(text: string): (path: string) => boolean {
  const wanted = text.toLowerCase();
  const matches = compilePattern(/[*%]/.test(wanted) ? wanted : `*${wanted}*`);
  return (path) => matches(path.toLowerCase());
}

function timeIn(name: string, text: string): number {
  const ms = /^\d{4}-\d\d-\d\d/.test(text) ? parseWireTime(text)?.getTime() : undefined;
  if (ms !== undefined) return ms;
  throw new GatewayError('ERR_REQUEST_INVALID', `${name} must be a time, for example 2026-01-26T08:00:00Z`);
}

/** The call for one page, in the words of both servers: each ignores the other's. */
export function pageOfCall(call: UpstreamCall, page: number, size: number): UpstreamCall {
  const own = new Set(['page', 'page_size', 'limit', 'offset', 'path', 'status']);
  const query = (call.query ?? []).filter(([name]) => !own.has(name));
  const paging = { page, page_size: size, limit: size, offset: (page - 1) * size };
  return { ...call, query: [...query, ...Object.entries(paging).map(([name, value]) => [name, `${value}`] as const)] };
}

/** Executions of one list that are read to settle their state; the rest are as NoETL lists them. */
const maxReads = 24;
const readsAtOnce = 8;

/**
 * Rows of a list with the state that `execution` shows. NoETL's list reports RUNNING for ever for runs without a terminal
 * event, and FAILED for runs that still work; those are read, and an end that is found is remembered.
 * Rows are in the documented form, those that the caller may see.
 */
function settlingRows(executions: Executions, asking: Asking): ListSource['settle'] {
  let left = maxReads;
  return async (rows) => {
    const settled = [...rows];
    const doubtful = rows
      .flatMap((row, index) => (isJsonObject(row) && isDoubtful(row) ? [{ row, index }] : []))
      .slice(0, left);
    left -= doubtful.length;
    const settle = async ({ row, index }: (typeof doubtful)[number]) => {
      const id = idText(row['execution_id']) ?? '';
      // What is over already costs no call; NoETL's list may go on calling it RUNNING.
      const snapshot = executions.finished(id) ?? (await executions.read(id, asking));
      if (snapshot !== undefined) settled[index] = settledRow(row, snapshot);
    };
    for (let from = 0; from < doubtful.length; from += readsAtOnce) {
      await Promise.all(doubtful.slice(from, from + readsAtOnce).map(settle));
    }
    return settled;
  };
}

function isDoubtful(row: JsonObject): boolean {
  const state = parseExecutionState(row['status']);
  return state === 'RUNNING' || state === 'FAILED';
}

function settledRow(row: JsonObject, snapshot: Snapshot): JsonObject {
  const { over, detail } = snapshot;
  const status = stateOf(snapshot);
  if (over === undefined && status === parseExecutionState(row['status'])) return row;
  const endedAt = over?.finishedAt;
  const seconds =
    endedAt === undefined || detail.startedAt === undefined
      ? undefined
      : (endedAt - detail.startedAt.getTime()) / 1_000;
  return {
    ...row,
    status,
    end_time: isoText(endedAt),
    progress: over === undefined ? 0 : 100,
    ...(seconds === undefined ? {} : { duration_seconds: seconds, duration_human: durationText(seconds) }),
    // The error of a run that still works is of one step that failed.
    ...(over === undefined ? { error: null } : {}),
  };
}

/** As NoETL writes it: `8s`, `2m 5s`, `1h 3m`. */
function durationText(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole}s`;
  return whole < 3_600
    ? `${Math.floor(whole / 60)}m ${whole % 60}s`
    : `${Math.floor(whole / 3_600)}h ${Math.floor((whole % 3_600) / 60)}m`;
}
