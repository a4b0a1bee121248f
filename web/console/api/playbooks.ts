import type { ConsoleField } from '../../../gateway/console/answer-fields.ts';
import { operationOf } from './fields.ts';
import type { GatewayClient } from './gateway-client.ts';

/** A version of a playbook in the catalog. */
export interface ListedPlaybook {
  readonly path: string;
  readonly version?: number | null;
  readonly createdAt?: string | null;
}

/** `content` is the source in YAML, `payload` the source as data; absent where the config hides it. */
export interface Playbook extends ListedPlaybook {
  readonly content?: string | null;
  readonly payload?: unknown;
}

/** Playbooks sorted by path, of at most 500 entries of the catalog. */
export interface Catalog {
  readonly playbooks: readonly ListedPlaybook[];
  /** There are more than were read. */
  readonly isCut: boolean;
}

// The list has no total, so a catalog is read page by page, so many at most for one look.
const readPages = 5;
const pageSize = 100;

interface Listed {
  readonly answer: { readonly entries: readonly (ListedPlaybook & { readonly kind?: string })[] | null } | null;
}

/** The newest version of each playbook that the session may view, by path. @throws CallFailed */
export async function readCatalog(gateway: GatewayClient, field: ConsoleField, signal: AbortSignal): Promise<Catalog> {
  const found: ListedPlaybook[] = [];
  for (let page = 1; page <= readPages; page += 1) {
    const rows = await list(gateway, field, { page, pageSize }, signal);
    found.push(...rows);
    if (rows.length < pageSize) return { playbooks: sorted(found), isCut: false };
  }
  return { playbooks: sorted(found), isCut: true };
}

/** The versions of one playbook, newest first, 100 at most. @throws CallFailed */
export async function readVersions(gateway: GatewayClient, field: ConsoleField, path: string, signal: AbortSignal) {
  const given = { [field.key ?? 'path']: path, versions: true, pageSize };
  return (await list(gateway, field, given, signal)).toSorted((a, b) => (b.version ?? 0) - (a.version ?? 0));
}

async function list(
  gateway: GatewayClient,
  field: ConsoleField,
  given: Readonly<Record<string, unknown>>,
  signal: AbortSignal,
): Promise<readonly ListedPlaybook[]> {
  const wanted = [['entries', ['path', 'version', 'kind', 'createdAt']]] as const;
  const { query, variables } = operationOf(field, given, wanted);
  const { answer } = await gateway.graphql<Listed>(query, variables, signal);
  // The catalog has other resources, too. Without the member `kind` every entry counts.
  return (answer?.entries ?? []).filter(({ kind = 'playbook' }) => kind.toLowerCase() === 'playbook');
}

// By code units and not by locale, so that folders group in the same order everywhere.
const sorted = (playbooks: readonly ListedPlaybook[]) => playbooks.toSorted((a, b) => (a.path < b.path ? -1 : 1));

/**
 * @param version undefined: the newest
 * @returns null: there is no such playbook or version, or the session may not view it
 * @throws CallFailed
 */
export async function readPlaybook(
  gateway: GatewayClient,
  field: ConsoleField,
  path: string,
  version: number | undefined,
  signal: AbortSignal,
): Promise<Playbook | null> {
  const wanted = ['path', 'version', 'createdAt', 'content', 'payload'];
  const { query, variables } = operationOf(field, { [field.key ?? 'path']: path, version }, wanted);
  return (await gateway.graphql<{ answer: Playbook | null }>(query, variables, signal)).answer;
}

/** Starts a playbook. @returns the id of the execution @throws CallFailed, also when the start is refused */
export async function runPlaybook(
  gateway: GatewayClient,
  field: ConsoleField,
  path: string,
  variables: Readonly<Record<string, unknown>>,
): Promise<string> {
  const operation = operationOf(field, { [field.key ?? 'name']: path, variables }, ['id']);
  return (await gateway.graphql<{ answer: { id: string } }>(operation.query, operation.variables)).answer.id;
}

/** The address of a playbook's page. Slashes of the path stay slashes, all else is encoded. */
export const playbookAddress = (path: string): string =>
  `/console/playbooks/${path.split('/').map(encodeURIComponent).join('/')}`;

/** The path in such an address; undefined for the list, and for an address that is not encoded as it must be. */
export function playbookAt(address: string): string | undefined {
  const segments = address.split('/').slice(3);
  try {
    return segments.length === 0 || segments[0] === '' ? undefined : segments.map(decodeURIComponent).join('/');
  } catch {
    return undefined;
  }
}
