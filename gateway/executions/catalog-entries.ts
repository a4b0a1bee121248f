import { GatewayError } from '../../plugins/errors.ts';
import { isJsonObject, type JsonObject, textMember } from '../../plugins/noetl/json-object.ts';

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
