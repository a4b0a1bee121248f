import { type Asked, type Field, operationOf, type Wanted } from './fields.ts';
import type { Gateway } from './gateway.ts';
import { matches } from './pattern.ts';
import { timeOf } from './time.ts';

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

export interface Filters {
  readonly page: number;
  readonly status: string;
  /** A catalog path; `*` stands for any characters. */
  readonly path: string;
  /** Milliseconds; undefined: open. */
  readonly sinceMs?: number | undefined;
  readonly untilMs?: number | undefined;
  /** Whether the execution was started by the user that is asked for. */
  readonly isBy?: ((id: string) => boolean) | undefined;
  /** Page of the whole list, of 100 executions each, where the search begins. */
  readonly from: number;
}

export interface ExecutionPage {
  readonly rows: readonly ListedExecution[];
  readonly hasNext: boolean;
  /** How many executions were looked through, where a filter is set. */
  readonly searched?: number;
  /** Where to search on, when the list goes on behind what was looked through. */
  readonly nextFrom?: number;
}

export const pageSize = 25;

/** NoETL has no filter, so pages are read and filtered here, so many at most for one answer. */
const searchPages = 10;
const searchSize = 100;

const wanted: Wanted = [
  ...['id', 'executionId', 'path', 'version', 'status'],
  ...['startTime', 'endTime', 'parentExecutionId', 'error'],
];

export const hasFilter = ({ status, path, sinceMs, untilMs, isBy }: Filters): boolean =>
  status !== '' || path !== '' || sinceMs !== undefined || untilMs !== undefined || isBy !== undefined;

/** One page of the executions that the session may see, newest first. */
export async function listExecutions(
  gateway: Gateway,
  field: Field,
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

/** Executions that this one has started, newest first; an execution starts its children after itself. */
export async function listChildren(
  gateway: Gateway,
  field: Field,
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
  gateway: Gateway,
  field: Field,
  given: Readonly<Record<string, number>>,
  signal: AbortSignal,
): Promise<readonly ListedExecution[]> {
  const { query, variables } = operationOf(field, given, wanted);
  const { answer } = await gateway.graphql<{ answer: readonly Raw[] | null }>(query, variables, signal);
  return (answer ?? []).map(({ executionId, ...row }) => ({ ...row, id: row.id ?? executionId ?? '' }));
}

type Raw = Omit<ListedExecution, 'id'> & { readonly id?: string; readonly executionId?: string };

/** @param read one page of the whole list, newest first */
export async function search(
  filters: Filters,
  read: (page: number, size: number) => Promise<readonly ListedExecution[]>,
): Promise<ExecutionPage> {
  const found: ListedExecution[] = [];
  const last = filters.page * pageSize;
  let searched = 0;
  let page = filters.from;
  let isEnd = false;
  while (!isEnd && page < filters.from + searchPages && found.length <= last) {
    const rows = await read(page, searchSize);
    searched += rows.length;
    found.push(...rows.filter((row) => fits(row, filters)));
    isEnd = rows.length < searchSize || rows.some((row) => isBefore(row, filters.sinceMs));
    page += 1;
  }
  const hasNext = found.length > last;
  return { rows: found.slice(last - pageSize, last), hasNext, searched, ...(!isEnd && !hasNext && { nextFrom: page }) };
}

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

/** What a stream of all executions sends of one that begins or ends. */
export interface ExecutionNews {
  readonly id: string;
  readonly status: string;
  readonly finishedAt?: string | null;
  readonly failure?: { readonly step: string | null; readonly message: string } | null;
}

/** The subscription to executions that begin and end. */
export const newsOf = (field: Field | undefined): Asked | undefined =>
  field && operationOf(field, {}, ['id', 'status', 'finishedAt', ['failure', ['step', 'message']]]);

/** A page with what has become of one of its rows; undefined when it has no such row. */
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
