import type { ConsoleField } from '../../../gateway/console/console-answers.ts';
import { type GraphqlRequest, operationOf, type Wanted } from './execution.ts';
import { CallFailed, type GatewayClient } from './gateway-client.ts';
import { matches } from './policy.ts';
import { timeOf } from './time.ts';

/** A row of the list. Times are texts as NoETL writes them, see `timeOf`. */
export interface ListedExecution {
  readonly id: string;
  readonly path: string | null;
  readonly version?: number | null;
  readonly status: string | null;
  readonly startTime?: string | null;
  readonly endTime?: string | null;
  readonly parentExecutionId?: string | null;
  readonly error?: string | null;
}

/** What is asked of the list. An empty text and undefined do not filter. */
export interface Filters {
  /** Page of the rows that are shown, {@link pageSize} each, from 1. */
  readonly page: number;
  readonly status: string;
  /** A catalog path; `*` matches any characters. */
  readonly path: string;
  /** Milliseconds; undefined: open. */
  readonly sinceMs?: number | undefined;
  readonly untilMs?: number | undefined;
  /** Whether the execution was started by the user that is asked for. */
  readonly isBy?: ((id: string) => boolean) | undefined;
  /** Page of the whole list, of 100 executions each, where the search begins. */
  readonly from: number;
}

/** Rows to show, newest first. */
export interface ExecutionPage {
  readonly rows: readonly ListedExecution[];
  /** Whether a next page has rows. Without a filter a full page counts as yes: NoETL's list has no total. */
  readonly hasNext: boolean;
  /** How many executions were looked through, where a filter is set. */
  readonly searched?: number;
  /** Where to search on, when the list goes on behind what was looked through. */
  readonly nextFrom?: number;
  /** Why the search ended before the list did, where the gateway or NoETL gives no older ones. */
  readonly stopped?: string;
}

/** Rows that are shown at once. */
export const pageSize = 25;

/** NoETL has no filter, so pages are read and filtered here, so many at most for one answer: 1,000 executions. */
const searchPages = 10;
const searchSize = 100;

// The list names the id `executionId`, and a config may call it `id`.
const wanted: Wanted = [
  ...['id', 'executionId', 'path', 'version', 'status'],
  ...['startTime', 'endTime', 'parentExecutionId', 'error'],
];

/** Whether rows must be looked through. `page` and `from` are places and no filters. */
export const hasFilter = ({ status, path, sinceMs, untilMs, isBy }: Filters): boolean =>
  status !== '' || path !== '' || sinceMs !== undefined || untilMs !== undefined || isBy !== undefined;

/** One page of the executions that the session may see, newest first. @throws CallFailed */
export async function listExecutions(
  gateway: GatewayClient,
  field: ConsoleField,
  filters: Filters,
  signal: AbortSignal,
): Promise<ExecutionPage> {
  const read = (page: number, size: number) => readPage(gateway, field, { page, pageSize: size }, signal);
  if (!hasFilter(filters)) {
    const rows = await read(filters.page, pageSize);
    return { rows, hasNext: rows.length === pageSize };
  }
  return search(filters, read);
}

/**
 * Executions that this one has started, newest first, of the newest 1,000; an execution starts its children after
 * itself, so the search ends at its start. @throws CallFailed
 */
export async function listChildren(
  gateway: GatewayClient,
  field: ConsoleField,
  parent: { readonly id: string; readonly startedAt: string | null },
  signal: AbortSignal,
): Promise<readonly ListedExecution[]> {
  const sinceMs = timeOf(parent.startedAt);
  const found: ListedExecution[] = [];
  for (let page = 1; page <= searchPages; page += 1) {
    const rows = await readPage(gateway, field, { page, pageSize: searchSize }, signal);
    found.push(...rows.filter(({ parentExecutionId }) => parentExecutionId === parent.id));
    if (rows.length < searchSize || rows.some((row) => isBefore(row, sinceMs))) break;
  }
  return found;
}

async function readPage(
  gateway: GatewayClient,
  field: ConsoleField,
  given: Readonly<Record<string, number>>,
  signal: AbortSignal,
): Promise<readonly ListedExecution[]> {
  const { query, variables } = operationOf(field, given, wanted);
  const { answer } = await gateway.graphql<{ answer: readonly Raw[] | null }>(query, variables, signal);
  return (answer ?? []).map(({ executionId, ...row }) => ({ ...row, id: row.id ?? executionId ?? '' }));
}

type Raw = Omit<ListedExecution, 'id'> & { readonly id?: string; readonly executionId?: string };

/**
 * Looks through the whole list until a page is full, the list or the time that is asked for ends, or 1,000 rows are
 * read.
 * @param read one page of the whole list, newest first
 */
export async function search(
  filters: Filters,
  read: (page: number, size: number) => Promise<readonly ListedExecution[]>,
): Promise<ExecutionPage> {
  const found: ListedExecution[] = [];
  const last = filters.page * pageSize;
  let searched = 0;
  let page = filters.from;
  let isEnd = false;
  let stopped: string | undefined;
  // One row more than the page has is looked for: it answers `hasNext`.
  while (!isEnd && page < filters.from + searchPages && found.length <= last) {
    const rows = await read(page, searchSize).catch((error: unknown) => {
      // What was found before stays.
      if (searched === 0 || !(error instanceof CallFailed) || error.code !== 'ERR_REQUEST_INVALID') throw error;
      stopped = error.message;
      return [];
    });
    searched += rows.length;
    found.push(...rows.filter((row) => fits(row, filters)));
    // The list is newest first, so nothing behind an older row can fit.
    isEnd = rows.length < searchSize || rows.some((row) => isBefore(row, filters.sinceMs));
    page += 1;
  }
  const hasNext = found.length > last;
  const isWhole = hasNext || stopped === undefined;
  return {
    rows: found.slice(last - pageSize, last),
    hasNext,
    searched,
    ...(!isEnd && !hasNext && { nextFrom: page }),
    ...(!isWhole && stopped !== undefined && { stopped }),
  };
}

/** A row without a time is never before: it must not end a search. */
const isBefore = ({ startTime }: ListedExecution, ms: number | undefined): boolean =>
  ms !== undefined && (timeOf(startTime) ?? Number.POSITIVE_INFINITY) < ms;

function fits(row: ListedExecution, { status, path, sinceMs, untilMs, isBy }: Filters): boolean {
  const at = timeOf(row.startTime);
  return (
    (status === '' || row.status === status) &&
    (path === '' || (row.path !== null && matches(path, row.path))) &&
    !isBefore(row, sinceMs) &&
    (untilMs === undefined || (at !== undefined && at <= untilMs)) &&
    (isBy === undefined || isBy(row.id))
  );
}

/** What the stream of all executions sends of one that begins or ends. */
export interface ExecutionNews {
  readonly id: string;
  readonly status: string;
  readonly finishedAt?: string | null;
  readonly failure?: { readonly step: string | null; readonly message: string } | null;
}

/** The subscription to executions that begin and end; undefined where the config has no row for it. */
export const newsOf = (field: ConsoleField | undefined): GraphqlRequest | undefined =>
  field && operationOf(field, {}, ['id', 'status', 'finishedAt', ['failure', ['step', 'message']]]);

/** A page with the news of one of its rows, for all rows in their order; undefined when it has no such row. */
export function withNews(page: ExecutionPage, { id, status, finishedAt, failure }: ExecutionNews) {
  if (!page.rows.some((row) => row.id === id)) return undefined;
  const error = failure && [failure.step, failure.message].filter(Boolean).join(': ');
  const rows = page.rows.map((row) =>
    row.id === id
      ? { ...row, status, endTime: finishedAt ?? row.endTime ?? null, error: error ?? row.error ?? null }
      : row,
  );
  return { ...page, rows };
}
