import { useEffect, useRef } from 'preact/hooks';
import type { ConsoleField } from '../../../gateway/console/console-answers.ts';
import { type ExecutionQuery, executionsAddress, filtersOf, readExecutionQuery } from '../api/execution.ts';
import {
  type ExecutionNews,
  type ExecutionPage,
  hasFilter,
  listExecutions,
  newsOf,
  withNews,
} from '../api/executions.ts';
import { queries, useLive, useQuery, useSession } from '../api/gateway-client.ts';
import { useStarts } from '../api/playbooks.ts';
import { ExecutionFilters, ExecutionTable } from '../parts/execution-list.tsx';
import { Empty, Failed, Heading, LiveLabel, Loading, MissingRow } from '../parts/table.tsx';
import type { ViewProps } from '../view-props.ts';
import { ExecutionView } from './execution.tsx';

/**
 * What runs and what ran; the one that the address names. What the address of the list holds is in
 * `execution-query.ts`.
 */
export function ExecutionsView(props: ViewProps) {
  // `/console/executions/<id>`
  const id = props.path.split('/')[3];
  return id === undefined || id === '' ? <ExecutionList {...props} /> : <ExecutionView key={id} id={id} {...props} />;
}

/** Apart from the list itself, since hooks of the list need the field. */
function ExecutionList({ query: given }: ViewProps) {
  const { me } = useSession();
  const field = me.fields.executions;
  const query = readExecutionQuery(given);
  if (field === undefined) {
    return (
      <>
        <Heading title="What runs, and what ran?" />
        <MissingRow
          kind="executions"
          row="executions: { upstream: 'GET /api/executions', access: authenticated({ rows: 'executions' }) }"
        />
      </>
    );
  }
  return <List field={field} query={query} />;
}

/** The list and what keeps it fresh: a stream while the page is visible, else a look every few seconds. */
function List({ field, query }: { readonly field: ConsoleField; readonly query: ExecutionQuery }) {
  const { gateway } = useSession();
  const starts = useStarts();
  // Filters and place are the question; a span of time is worked out when it is asked.
  const key = ['executions', query];
  const isLive = useListNews(key);
  useRereadOnce(isLive);
  // Time and users do not matter to whether a filter is set.
  const isFiltered = hasFilter(filtersOf(query, undefined, 0));
  const list = useQuery<ExecutionPage>({
    key,
    ask: (signal) => listExecutions(gateway, field, filtersOf(query, starts.data, Date.now()), signal),
    // With the filter for a user the list waits until the starts are known; without them no row would match.
    enabled: query.by === '' || starts.data !== undefined,
    // A look with a filter reads up to ten pages of NoETL's list.
    everyMs: isLive ? 30_000 : isFiltered ? 10_000 : 3_000,
    keepsLast: true,
  });
  return (
    <>
      <Heading
        title="What runs, and what ran?"
        answer={
          <>
            Executions of playbooks that you may view, newest first. <LiveLabel isLive={isLive} />
          </>
        }
      />
      <ExecutionFilters query={query} />
      {list.error && <Failed error={list.error} retry={() => void list.refetch()} />}
      {list.data === undefined ? (
        !list.error && <Loading rows={8} />
      ) : (
        <Page page={list.data} query={query} isFiltered={isFiltered} />
      )}
    </>
  );
}

/** The stream sends what changes from its beginning on: a change between the list and that moment would be missed. */
function useRereadOnce(isLive: boolean): void {
  useEffect(() => {
    if (!isLive) return undefined;
    const timer = setTimeout(() => void queries.invalidateQueries({ queryKey: ['executions'] }), streamBeginsMs);
    return () => clearTimeout(timer);
  }, [isLive]);
}

/** After a stream is open the gateway reads the list for it. */
const streamBeginsMs = 2_000;

/** Rows change in place with what the stream sends; the list is read again for executions that it does not have. */
function useListNews(key: readonly unknown[]): boolean {
  const { me } = useSession();
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  return useLive<Record<string, ExecutionNews>>({
    asked: newsOf(me.fields.executionsUpdates),
    onData({ answer }) {
      const page = queries.getQueryData<ExecutionPage>(key);
      if (page === undefined || answer === undefined) return;
      const changed = withNews(page, answer);
      if (changed !== undefined) queries.setQueryData(key, changed);
      // An execution that the page does not show: many that begin together cause one look.
      else {
        timer.current ??= setTimeout(() => {
          timer.current = undefined;
          void queries.invalidateQueries({ queryKey: ['executions'] });
        }, 1_000);
      }
    },
  });
}

/** `isFiltered`: the rows were looked through, so that an empty page is not the end of the list. */
interface PageProps {
  readonly page: ExecutionPage;
  readonly query: ExecutionQuery;
  readonly isFiltered: boolean;
}

/** Rows, or why the page is empty, and the way to other pages. */
function Page({ page, query, isFiltered }: PageProps) {
  const { rows, nextFrom, stopped } = page;
  return (
    <>
      {rows.length === 0 ? (
        <NoRows isFiltered={isFiltered} mayGoOn={nextFrom !== undefined || stopped !== undefined} />
      ) : (
        <ExecutionTable key={executionsAddress(query)} rows={rows} holdsNew={query.page === 1 && query.from === 1} />
      )}
      <Paging page={page} query={query} />
    </>
  );
}

/** Why the page is empty. @param mayGoOn the list goes on behind what was looked through */
function NoRows({ isFiltered, mayGoOn }: { readonly isFiltered: boolean; readonly mayGoOn: boolean }) {
  if (!isFiltered) {
    return (
      <Empty title="No execution here.">
        <p class="quiet">
          Start one: choose a playbook in <a href="/console/playbooks">Playbooks</a>.
        </p>
      </Empty>
    );
  }
  return (
    <Empty title={mayGoOn ? 'No execution matches so far.' : 'No execution matches.'}>
      <p class="quiet">
        <a href={executionsAddress({})}>Remove the filters</a>
      </p>
    </Empty>
  );
}

/** Newer and older rows. `from` moves a search on by what was looked through; `page` moves in what it found. */
function Paging({ page: { hasNext, searched, nextFrom, stopped }, query }: Omit<PageProps, 'isFiltered'>) {
  const { page, from } = query;
  return (
    <nav class="paging" aria-label="Pages">
      {(page > 1 || from > 1) && (
        <a class="button" href={executionsAddress(page > 1 ? { ...query, page: page - 1 } : { ...query, from: 1 })}>
          {page > 1 ? 'Newer' : 'Newest'}
        </a>
      )}
      <span class="quiet">
        Page {page}
        {searched !== undefined && `, of ${searched} executions that were looked through`}
        {stopped !== undefined && `; ${stopped}`}
      </span>
      {hasNext && (
        <a class="button" href={executionsAddress({ ...query, page: page + 1 })}>
          Older
        </a>
      )}
      {nextFrom !== undefined && (
        <a class="button" href={executionsAddress({ ...query, page: 1, from: nextFrom })}>
          Look through older ones
        </a>
      )}
    </nav>
  );
}
