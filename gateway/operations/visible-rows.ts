import type { CallContext } from '../../plugins/call-context.ts';
import { GatewayError } from '../../plugins/errors.ts';
import { isJsonObject, type JsonObject, textMember } from '../../plugins/noetl/json-object.ts';
import { parsePlaybookPath } from '../../plugins/noetl-auth/access/playbook-path.ts';

export type RowKind = 'executions' | 'playbooks';

/** The member that holds the rows of an answer that is not a list: servers and releases call it by these names. */
const listMembers: Readonly<Record<RowKind, readonly string[]>> = {
  executions: ['executions', 'items', 'entries'],
  playbooks: ['entries', 'items'],
};

/**
 * An answer without the rows that the caller may not see. A row whose path is absent or not in normal form is left out;
 * each distinct path is judged once.
 * @param maxPaths distinct paths that are judged; rows beyond are left out
 * @throws when it cannot find out, or the answer has no rows that it knows
 */
export async function withVisibleRows(
  body: unknown,
  kind: RowKind,
  context: CallContext,
  maxPaths = Number.POSITIVE_INFINITY,
): Promise<unknown> {
  if (Array.isArray(body)) return visible(body, kind, context, maxPaths);
  if (body === undefined || body === null) return null;
  const member = isJsonObject(body) ? listMembers[kind].find((name) => Array.isArray(body[name])) : undefined;
  if (!isJsonObject(body) || member === undefined) {
    throw new GatewayError('ERR_UPSTREAM', 'NoETL answered in a form that the gateway does not know');
  }
  const rows = await visible(body[member] as readonly unknown[], kind, context, maxPaths);
  // The count of all rows would show how many are hidden.
  return { ...body, [member]: rows, ...(typeof body['count'] === 'number' ? { count: rows.length } : {}) };
}

async function visible(
  rows: readonly unknown[],
  kind: RowKind,
  context: CallContext,
  maxPaths: number,
): Promise<readonly unknown[]> {
  const pathOf = (row: unknown) => (isJsonObject(row) ? textMember(row, 'path') : undefined);
  const may = (path: string) =>
    kind === 'executions' ? context.mayOnExecution('view', path) : context.may('view', path);
  const paths = rows.map(pathOf);
  const allowed = await visiblePaths(paths, may, maxPaths);
  return rows.filter((_row, index) => allowed.has(paths[index] ?? ''));
}

/**
 * Those of the paths that the caller may see. One that is absent or not in normal form is never among them; each distinct
 * one is judged once.
 * @param maxPaths distinct paths that are judged
 */
export async function visiblePaths(
  paths: Iterable<string | undefined>,
  may: (path: string) => boolean | Promise<boolean>,
  maxPaths = Number.POSITIVE_INFINITY,
): Promise<ReadonlySet<string>> {
  const judged = new Set<string>();
  for (const path of paths) {
    // A checker that asks NoETL is called once for each of these paths, which is why their number is bounded.
    if (path === undefined || judged.has(path) || judged.size >= maxPaths) continue;
    if (parsePlaybookPath(path) !== undefined) judged.add(path);
  }
  const allowed = new Set<string>();
  await Promise.all([...judged].map(async (path) => void ((await may(path)) && allowed.add(path))));
  return allowed;
}

/** Entries of one page. */
const maxPageSize = 500;

/** How the caller wants the catalog. */
export interface CatalogPage {
  readonly page: number;
  readonly pageSize: number;
  /** Every version of every path, not the newest alone. */
  readonly versions: boolean;
}

/** @throws ERR_REQUEST_INVALID for a page or a size out of range */
export function catalogPageOf(args: Readonly<Record<string, unknown>>): CatalogPage {
  const page = positive(args['page'] ?? 1, 'page', 1_000_000);
  return {
    page,
    pageSize: positive(args['pageSize'] ?? 100, 'pageSize', maxPageSize),
    versions: args['versions'] === true,
  };
}

function positive(value: unknown, name: string, max: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= max) return value;
  throw new GatewayError('ERR_REQUEST_INVALID', `${name} must be between 1 and ${max}`);
}

/**
 * A page of the catalog: NoETL lists every version of every path at once. Paths in NoETL's own order.
 * @param body the answer with the rows that the caller may see
 * @returns the body with the entries of the page, newest versions only unless `versions`; a body without `entries` as
 * it is
 */
export function catalogEntries(body: unknown, { page, pageSize, versions }: CatalogPage): unknown {
  if (!isJsonObject(body) || !Array.isArray(body['entries'])) return body;
  const entries = body['entries'].filter(isJsonObject);
  const shown = versions ? entries : newestOfEach(entries);
  return { ...body, entries: shown.slice((page - 1) * pageSize, page * pageSize) };
}

function newestOfEach(entries: readonly JsonObject[]): readonly JsonObject[] {
  const newest = new Map<string, JsonObject>();
  for (const entry of entries) {
    const path = textMember(entry, 'path') ?? '';
    const known = newest.get(path);
    if (known === undefined || versionOf(entry) > versionOf(known)) newest.set(path, entry);
  }
  return [...newest.values()];
}

const versionOf = ({ version }: JsonObject): number => (typeof version === 'number' ? version : 0);
