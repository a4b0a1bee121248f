import { GatewayError } from '../../plugins/errors.ts';
import type { UpstreamCall } from '../../plugins/ports.ts';
import type { Asking } from './execution-reads.ts';
import { withSettledStates } from './execution-rows.ts';
import type { Executions } from './executions.ts';

/** Pages of NoETL's list that are read to fill one page of what the caller may see. */
const maxPages = 10;
/** The largest page that both servers give. */
const largestPage = 100;

/** What is needed to page through what a caller may see. */
export interface VisiblePages {
  readonly page: number;
  readonly pageSize: number;
  /** One page of NoETL's list, in the documented form. */
  readonly read: (page: number, size: number) => Promise<readonly unknown[]>;
  readonly visible: (rows: readonly unknown[]) => Promise<readonly unknown[]>;
}

/**
 * `executions`: one page of what the caller may see, each in the state that `execution` shows.
 * @param ask sends a call and brings its answer into the documented form
 * @param visible leaves out the rows that the caller may not see
 */
export async function visibleExecutions(
  call: UpstreamCall,
  ask: (call: UpstreamCall) => Promise<unknown>,
  visible: (body: unknown) => Promise<unknown>,
  executions: Executions,
  asking: Asking,
): Promise<unknown> {
  const rows = await visiblePage({
    ...pageOf(call),
    read: async (page, size) => listOf(await ask(pageOfCall(call, page, size))),
    visible: async (found) => listOf(await visible(found)),
  });
  return withSettledStates(rows, executions, asking);
}

function listOf(body: unknown): readonly unknown[] {
  if (Array.isArray(body)) return body;
  throw new GatewayError('ERR_UPSTREAM', 'NoETL answered in a form that the gateway does not know');
}

/**
 * A page of the executions that the caller may see: rows that are hidden do not use up places. A caller who may see
 * every row of a first page costs one call; else the pages of NoETL's list are walked, up to {@link maxPages}.
 */
export async function visiblePage({ page, pageSize, read, visible }: VisiblePages): Promise<readonly unknown[]> {
  if (page === 1) {
    const rows = await read(1, pageSize);
    const shown = await visible(rows);
    if (rows.length < Math.min(pageSize, largestPage)) return shown;
    if (shown.length === rows.length && (rows.length >= pageSize || pageSize <= largestPage)) return shown;
  }
  const wanted = page * pageSize;
  const found: unknown[] = [];
  for (let at = 1; at <= maxPages && found.length < wanted; at += 1) {
    const rows = await read(at, largestPage);
    found.push(...(await visible(rows)));
    if (rows.length < largestPage) break;
  }
  return found.slice((page - 1) * pageSize, wanted);
}

/** Which page a call asks for. */
export function pageOf({ query = [] }: UpstreamCall): { readonly page: number; readonly pageSize: number } {
  const number = (name: string, fallback: number) => {
    const value = Number(query.find(([wire]) => wire === name)?.[1] ?? fallback);
    return Number.isInteger(value) && value >= 1 ? value : fallback;
  };
  return { page: number('page', 1), pageSize: number('page_size', 100) };
}

/** The call for one page, in the words of both servers: each ignores the other's. */
export function pageOfCall(call: UpstreamCall, page: number, size: number): UpstreamCall {
  const own = new Set(['page', 'page_size', 'limit', 'offset']);
  const query = (call.query ?? []).filter(([name]) => !own.has(name));
  const paging = { page, page_size: size, limit: size, offset: (page - 1) * size };
  return { ...call, query: [...query, ...Object.entries(paging).map(([name, value]) => [name, `${value}`] as const)] };
}
