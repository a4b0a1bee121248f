import type { SamplePlaybook } from './script.ts';

/** One version of a playbook. A new version is a new entry, with an id of its own. */
export interface CatalogEntry {
  readonly catalogId: string;
  readonly playbook: SamplePlaybook;
  readonly createdAt: number;
  /** As it was registered; samples have no content. */
  readonly content?: string;
}

/** The playbooks of a stand-in, newest version last. */
export interface StandInCatalog {
  /** @returns undefined: no such path, or not in that version. */
  find(path: string, version?: number): CatalogEntry | undefined;
  byId(catalogId: string): CatalogEntry | undefined;
  /** Every entry, newest first; of one path when given. */
  list(path?: string): readonly CatalogEntry[];
  add(playbook: SamplePlaybook, content?: string): CatalogEntry;
}

/** An empty catalog. The version of an entry is its playbook's own: nothing here counts it. */
export function createCatalog(clock: () => number, nextId: () => string): StandInCatalog {
  const entries: CatalogEntry[] = [];
  return {
    find: (path, version) =>
      entries.findLast(
        ({ playbook }) => playbook.path === path && (version === undefined || playbook.version === version),
      ),
    byId: (catalogId) => entries.find((entry) => entry.catalogId === catalogId),
    list: (path) => entries.filter(({ playbook }) => path === undefined || playbook.path === path).toReversed(),
    add(playbook, content) {
      const entry = { catalogId: nextId(), playbook, createdAt: clock(), ...(content !== undefined && { content }) };
      entries.push(entry);
      return entry;
    },
  };
}

/** An entry as `POST /api/catalog/resource` answers it. */
export function catalogShape({ catalogId, playbook, createdAt, content }: CatalogEntry): Record<string, unknown> {
  const { path, version, description, workload } = playbook;
  const name = path.slice(path.lastIndexOf('/') + 1);
  const metadata = { name, path, description };
  const created = new Date(createdAt).toISOString().slice(0, -1);
  return {
    catalog_id: catalogId,
    path,
    version,
    kind: 'playbook',
    content: content ?? `apiVersion: noetl.io/v2\nkind: Playbook\nmetadata:\n  name: ${name}\n  path: ${path}\n`,
    layout: null,
    payload: { apiVersion: 'noetl.io/v2', kind: 'Playbook', metadata, workload, workflow: [] },
    meta: {
      agent: false,
      terminal: {},
      capabilities: [],
      // Two times of one moment in two forms: the real server writes them so.
      registered_at: `${created}000+00:00`,
      terminal_scopes: [],
      terminal_visible: false,
    },
    created_at: `${created}000`,
  };
}

/** `GET /api/catalog/{path}/ui_schema`. */
export function uiSchema({ playbook }: CatalogEntry, now: number): Record<string, unknown> {
  const { path, version, description, workload } = playbook;
  return {
    path,
    version,
    kind: 'playbook',
    title: path.slice(path.lastIndexOf('/') + 1),
    description_markdown: description,
    exposed_in_ui: false,
    fields: Object.entries(workload).map(([name, value]) => ({
      name,
      kind: typeof value === 'number' ? 'integer' : 'string',
      default: value,
      description: null,
      secret: false,
      credential_glob: null,
      options: null,
      children: null,
    })),
    generated_at: new Date(now).toISOString(),
  };
}
