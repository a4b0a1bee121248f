import { type Field, operationOf, type Wanted } from './fields.ts';
import type { Gateway } from './gateway.ts';
import { matches } from './pattern.ts';

export interface ListedExecution {
  readonly id: string;
  readonly path: string | null;
  readonly version?: number | null;
  readonly status: string | null;
  readonly startTime?: string | null;
  readonly endTime?: string | null;
  readonly error?: string | null;
}

export interface Filters {
  readonly page: number;
  readonly status: string;
  /** A catalog path; `*` stands for any characters. */
  readonly path: string;
}

export interface ExecutionPage {
  readonly rows: readonly ListedExecution[];
  readonly hasNext: boolean;
  /** How many executions were looked through, where a filter is set. */
  readonly searched?: number;
}

export const pageSize = 25;

/** NoETL has no filter, so pages are read and filtered here, so many at most. */
const searchPages = 10;
const searchSize = 100;

const wanted: Wanted = ['id', 'executionId', 'path', 'version', 'status', 'startTime', 'endTime', 'error'];

export const hasFilter = ({ status, path }: Filters): boolean => status !== '' || path !== '';

/** One page of the executions that the session may see, newest first. */
export async function listExecutions(
  gateway: Gateway,
  field: Field,
  filters: Filters,
  signal: AbortSignal,
): Promise<ExecutionPage> {
  const read = async (page: number, size: number) => {
    const { query, variables } = operationOf(field, { page, pageSize: size }, wanted);
    const { answer } = await gateway.graphql<{ answer: readonly Raw[] | null }>(query, variables, signal);
    return (answer ?? []).map(({ executionId, ...row }) => ({ ...row, id: row.id ?? executionId ?? '' }));
  };
  if (!hasFilter(filters)) {
    const rows = await read(filters.page, pageSize);
    return { rows, hasNext: rows.length === pageSize };
  }
  return search(filters, read);
}

type Raw = Omit<ListedExecution, 'id'> & { readonly id?: string; readonly executionId?: string };

/** @param read one page of the whole list */
export async function search(
  filters: Filters,
  read: (page: number, size: number) => Promise<readonly ListedExecution[]>,
): Promise<ExecutionPage> {
  const found: ListedExecution[] = [];
  const last = filters.page * pageSize;
  let searched = 0;
  for (let page = 1; page <= searchPages && found.length <= last; page += 1) {
    const rows = await read(page, searchSize);
    searched += rows.length;
    found.push(...rows.filter((row) => fits(row, filters)));
    if (rows.length < searchSize) break;
  }
  return { rows: found.slice(last - pageSize, last), hasNext: found.length > last, searched };
}

function fits({ status, path }: ListedExecution, filters: Filters): boolean {
  const isStatus = filters.status === '' || status === filters.status;
  return isStatus && (filters.path === '' || (path !== null && matches(filters.path, path)));
}
