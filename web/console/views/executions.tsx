import { useLocation } from 'preact-iso/router';
import { type ExecutionPage, type Filters, hasFilter, listExecutions } from '../api/executions.ts';
import { useSession } from '../api/me.ts';
import { useQuery } from '../api/use-query.ts';
import { ExecutionTable } from '../parts/execution-table.tsx';
import { MissingRow } from '../parts/missing-row.tsx';
import { SearchField } from '../parts/search-field.tsx';
import { Empty, Failed, Heading, Loading } from '../parts/states.tsx';
import type { ViewProps } from '../views.tsx';
import { ExecutionView } from './execution.tsx';

const statuses = ['RUNNING', 'FAILED', 'COMPLETED', 'CANCELLED'];

/** What runs and what ran; the one that the address names. */
export function ExecutionsView(props: ViewProps) {
  const id = props.path.split('/')[3];
  return id === undefined || id === '' ? <ExecutionList {...props} /> : <ExecutionView key={id} id={id} {...props} />;
}

function filtersOf(query: ViewProps['query']): Filters {
  const page = Number(query['page'] ?? 1);
  return {
    page: Number.isInteger(page) && page > 0 ? page : 1,
    status: statuses.includes(query['status'] ?? '') ? (query['status'] ?? '') : '',
    path: query['path'] ?? '',
  };
}

const addressOf = (filters: Partial<Filters>): string => {
  const given = Object.entries(filters).filter(([name, value]) => value !== '' && !(name === 'page' && value === 1));
  const query = new URLSearchParams(given.map(([name, value]) => [name, String(value)]));
  return `/console/executions${given.length === 0 ? '' : `?${query}`}`;
};

function ExecutionList({ query }: ViewProps) {
  const { gateway, me } = useSession();
  const { route } = useLocation();
  const field = me.fields.executions;
  const filters = filtersOf(query);
  const list = useQuery<ExecutionPage>({
    key: ['executions', filters],
    ask: (signal) => (field === undefined ? Promise.reject() : listExecutions(gateway, field, filters, signal)),
    enabled: field !== undefined,
    everyMs: hasFilter(filters) ? 10_000 : 3_000,
    keepsLast: true,
  });
  return (
    <>
      <Heading title="What runs, and what ran?" answer="Executions of playbooks that you may view, newest first." />
      {field === undefined ? (
        <MissingRow
          kind="executions"
          row="executions: { upstream: 'GET /api/executions', access: authenticated({ rows: 'executions' }) }"
        />
      ) : (
        <>
          <SearchField
            label="Playbook path; * stands for any characters"
            placeholder="data/*"
            value={filters.path}
            onSearch={(path) => route(addressOf({ ...filters, path, page: 1 }))}
          />
          <Chips filters={filters} />
          {list.error && <Failed error={list.error} retry={() => void list.refetch()} />}
          {list.data === undefined ? !list.error && <Loading rows={8} /> : <Page page={list.data} filters={filters} />}
        </>
      )}
    </>
  );
}

function Chips({ filters }: { readonly filters: Filters }) {
  return (
    <nav class="chips" aria-label="Filter by status">
      {['', ...statuses].map((status) => (
        <a
          key={status}
          href={addressOf({ ...filters, status, page: 1 })}
          aria-current={filters.status === status ? 'true' : undefined}
        >
          {status === '' ? 'all' : status.toLowerCase()}
        </a>
      ))}
    </nav>
  );
}

function Page({ page, filters }: { readonly page: ExecutionPage; readonly filters: Filters }) {
  const { rows, hasNext, searched } = page;
  return (
    <>
      {rows.length === 0 ? (
        <Empty title={hasFilter(filters) ? 'No execution matches.' : 'No execution yet.'}>
          <p class="quiet">
            {hasFilter(filters) ? (
              <a href={addressOf({})}>Remove the filters</a>
            ) : (
              <>
                Start one: choose a playbook in <a href="/console/playbooks">Playbooks</a>.
              </>
            )}
          </p>
        </Empty>
      ) : (
        <ExecutionTable key={addressOf(filters)} rows={rows} holdsNew={filters.page === 1} />
      )}
      <div class="paging">
        {filters.page > 1 && (
          <a class="button" href={addressOf({ ...filters, page: filters.page - 1 })}>
            Newer
          </a>
        )}
        <span class="quiet">
          Page {filters.page}
          {searched !== undefined && `, of the newest ${searched} executions that you may view`}
        </span>
        {hasNext && (
          <a class="button" href={addressOf({ ...filters, page: filters.page + 1 })}>
            Older
          </a>
        )}
      </div>
    </>
  );
}
