import { useLocation } from 'preact-iso/router';
import { useQuery, useSession } from '../api/gateway-client.ts';
import { addressOf } from '../api/health.ts';
import { type Catalog, type ListedPlaybook, playbookAddress, playbookAt, readCatalog } from '../api/playbooks.ts';
import { matches } from '../api/policy.ts';
import { SearchField } from '../parts/controls.tsx';
import { type Column, Empty, Failed, Heading, Loading, MissingRow, Table } from '../parts/table.tsx';
import { Ago } from '../parts/time.tsx';
import type { ViewProps } from '../view-props.ts';
import { PlaybookView } from './playbook.tsx';

/**
 * What can be run; the one that the address names.
 * - `path` in the address of the list: a pattern or a part of a path
 */
export function PlaybooksView(props: ViewProps) {
  const path = playbookAt(props.path);
  return path === undefined ? <PlaybookList {...props} /> : <PlaybookView key={path} playbook={path} {...props} />;
}

/** The catalog as far as it was read, 500 entries at most. */
function PlaybookList({ query }: ViewProps) {
  const { gateway, me } = useSession();
  const { route } = useLocation();
  const field = me.fields.catalog;
  const catalog = useQuery<Catalog>({
    key: ['catalog'],
    ask: (signal) => (field === undefined ? Promise.reject() : readCatalog(gateway, field, signal)),
    enabled: field !== undefined,
  });
  // In the address, like every state of a view.
  const pattern = query['path'] ?? '';
  // The whole catalog was read, so a filter asks nothing.
  const shown = catalog.data?.playbooks.filter(({ path }) => pattern === '' || matches(pattern, path));
  return (
    <>
      <Heading title="What can be run?" answer="The newest version of each playbook that you may view." />
      {field === undefined ? (
        <MissingRow
          kind="the catalog"
          row="playbooks: { upstream: 'POST /api/catalog/list', type: 'query', access: authenticated({ rows: 'playbooks' }) }"
        />
      ) : (
        <>
          <SearchField
            label="Playbook path; * matches any characters"
            placeholder="data/*"
            value={pattern}
            onSearch={(path) => route(addressOf('playbooks', { path }))}
          />
          {catalog.data?.isCut && (
            <p class="notice">
              There are more than {catalog.data.playbooks.length} playbooks; the first ones are shown.
            </p>
          )}
          {catalog.error && <Failed error={catalog.error} retry={() => void catalog.refetch()} />}
          {shown === undefined ? (
            !catalog.error && <Loading rows={8} />
          ) : (
            <Folders playbooks={shown} pattern={pattern} />
          )}
        </>
      )}
    </>
  );
}

/** Playbooks by folder: the path up to its last slash. Folders are in the order of their first playbook. */
function Folders({ playbooks, pattern }: { readonly playbooks: readonly ListedPlaybook[]; readonly pattern: string }) {
  if (playbooks.length === 0) {
    return (
      <Empty title={pattern === '' ? 'There is no playbook that you may view.' : 'No playbook matches.'}>
        <p class="quiet">
          {pattern === '' ? (
            'Register one with NoETL, or ask for a grant with view.'
          ) : (
            <a href="/console/playbooks">Remove the filter</a>
          )}
        </p>
      </Empty>
    );
  }
  return [...Map.groupBy(playbooks, ({ path }) => path.slice(0, path.lastIndexOf('/') + 1))].map(([folder, list]) => (
    <section key={folder}>
      <h2>{folder === '' ? 'No folder' : <code>{folder}</code>}</h2>
      <Table
        label={folder === '' ? 'No folder' : folder}
        class="playbooks"
        columns={columns}
        rows={list}
        keyOf={({ path }) => path}
      />
    </section>
  ));
}

/** Names below the folder; the folder is the heading. */
const columns: readonly Column<ListedPlaybook>[] = [
  {
    title: 'Playbook',
    isName: true,
    cell: ({ path }) => <a href={playbookAddress(path)}>{path.slice(path.lastIndexOf('/') + 1)}</a>,
  },
  { title: 'Version', isNumber: true, cell: ({ version }) => version },
  { title: 'Registered', isNumber: true, cell: ({ createdAt }) => <Ago time={createdAt} /> },
];
