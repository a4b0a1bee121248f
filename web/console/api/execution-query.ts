import { addressOf } from './address.ts';
import type { Filters } from './executions.ts';
import type { Starts } from './starts.ts';

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
