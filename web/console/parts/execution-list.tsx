import { useState } from 'preact/hooks';
import { useLocation } from 'preact-iso/router';
import { type ExecutionQuery, executionsAddress, spans, statuses } from '../api/execution.ts';
import type { ListedExecution } from '../api/executions.ts';
import { useSession } from '../api/gateway-client.ts';
import { type Starts, starterOf, useStarts } from '../api/playbooks.ts';
import { shortId } from '../api/time.ts';
import { Chips, SearchField } from './controls.tsx';
import { type Column, Status, Table } from './table.tsx';
import { Ago, Took } from './time.tsx';

interface ExecutionTableProps {
  readonly rows: readonly ListedExecution[];
  /** Rows that come later wait for a click: nothing moves while a person reads. */
  readonly holdsNew: boolean;
}

/** Executions in the order that is given, newest first. */
export function ExecutionTable({ rows, holdsNew }: ExecutionTableProps) {
  const starts = useStarts().data;
  // What was there when the table appeared. Another page or filter makes another table (its key is the address).
  const [known, setKnown] = useState<ReadonlySet<string>>(() => new Set(rows.map(({ id }) => id)));
  // What is older than a known row has only moved up from the next page.
  const firstKnown = rows.findIndex(({ id }) => known.has(id));
  const waiting = holdsNew && firstKnown > 0 ? firstKnown : 0;
  return (
    <>
      {waiting > 0 && (
        <p class="waiting">
          <button type="button" onClick={() => setKnown(new Set(rows.map(({ id }) => id)))}>
            {waiting} new
          </button>
        </p>
      )}
      <Table
        label="Executions"
        class="executions"
        columns={columnsOf(starts)}
        rows={rows.slice(waiting)}
        keyOf={({ id }) => id}
      />
    </>
  );
}

/** Columns of the list. Who has started an execution is known only while the audit line is kept. */
const columnsOf = (starts: Starts | undefined): readonly Column<ListedExecution>[] => [
  { title: 'Status', cell: ({ status }) => <Status status={status} /> },
  {
    title: 'Playbook',
    isName: true,
    cell: ({ id, path, error }) => (
      <>
        <a href={`/console/executions/${id}`}>{path ?? 'unknown playbook'}</a>
        {error && (
          <span class="cause" title={error}>
            {error}
          </span>
        )}
      </>
    ),
  },
  {
    title: 'Execution',
    cell: ({ id }) => (
      <span class="mono" title={id}>
        {shortId(id)}
      </span>
    ),
  },
  { title: 'Started by', cell: ({ id, parentExecutionId }) => starter(id, parentExecutionId, starts) },
  { title: 'Started', isNumber: true, cell: ({ startTime }) => <Ago time={startTime} /> },
  { title: 'Took', isNumber: true, cell: ({ startTime, endTime }) => <Took from={startTime} to={endTime} /> },
];

/** A parent is named before a user: an execution that another one has started has no user of its own. */
function starter(id: string, parent: string | null | undefined, starts: Starts | undefined) {
  if (parent) return <a href={`/console/executions/${parent}`}>an execution</a>;
  const user = starterOf(id, starts);
  if (user === undefined) return '';
  return user === 'you' ? 'you' : `user ${user}`;
}

/** Filters by path, status, time and user; each state has an address. */
export function ExecutionFilters({ query }: { readonly query: ExecutionQuery }) {
  const { route } = useLocation();
  // Another filter begins at the first page: a place in the old list means nothing in the new one.
  const to = (change: Partial<ExecutionQuery>) => executionsAddress({ ...query, page: 1, from: 1, ...change });
  return (
    <>
      <SearchField
        label="Playbook path; * matches any characters"
        placeholder="data/*"
        value={query.path}
        onSearch={(path) => route(to({ path }))}
      />
      <div class="filters">
        <Chips
          label="Filter by status"
          chosen={query.status}
          choices={['', ...statuses].map((status) => ({
            value: status,
            title: status === '' ? 'all' : status.toLowerCase(),
            href: to({ status }),
          }))}
        />
        <TimeFilter query={query} to={to} />
        <UserFilter query={query} to={to} />
      </div>
    </>
  );
}

/** What each filter needs. `to` is the address of the list after a change of its query. */
interface FilterProps {
  readonly query: ExecutionQuery;
  readonly to: (change: Partial<ExecutionQuery>) => string;
}

/** A span up to now, or two times. Only one of them is in the address. */
function TimeFilter({ query: { within, since, until }, to }: FilterProps) {
  const { route } = useLocation();
  // Times of the form and a span of the chips exclude each other; what is set last replaces the other.
  const isOwn = since !== '' || until !== '';
  // The browser's fields hold local times; they are read as such.
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const text = (name: string) => String(form.get(name) ?? '');
    route(to({ within: '', since: text('since'), until: text('until') }));
  };
  return (
    <>
      <Chips
        label="Filter by time"
        // `own` is not a choice, so no chip is marked.
        chosen={isOwn ? 'own' : within}
        choices={[
          { value: '', title: 'any time', href: to({ within: '', since: '', until: '' }) },
          ...Object.entries(spans).map(([value, { title }]) => ({
            value,
            title,
            href: to({ within: value, since: '', until: '' }),
          })),
        ]}
      />
      <details class="between" open={isOwn}>
        <summary>between two times</summary>
        <form onSubmit={submit} key={`${since} ${until}`}>
          <label>
            <span>Started after</span>
            <input type="datetime-local" name="since" defaultValue={since} />
          </label>
          <label>
            <span>Started before</span>
            <input type="datetime-local" name="until" defaultValue={until} />
          </label>
          <button type="submit">Apply</button>
        </form>
      </details>
    </>
  );
}

/** Operators choose among the users that the replica remembers; others among themselves and everyone. */
function UserFilter({ query: { by }, to }: FilterProps) {
  const { route } = useLocation();
  const { me } = useSession();
  const starts = useStarts().data;
  const others = starts?.users.filter((user) => user !== starts.me) ?? [];
  // The user of the address may be one that this replica does not remember. A select without its option would show
  // another one.
  const users = me.isOperator ? [...new Set([...others, ...(by === '' || by === 'me' ? [] : [by])])] : [];
  return (
    <label class="by">
      <span>Started by</span>
      <select value={by} onChange={(event) => route(to({ by: event.currentTarget.value }))}>
        <option value="">anyone</option>
        <option value="me">me</option>
        {users.map((user) => (
          <option key={user} value={user}>
            user {user}
          </option>
        ))}
      </select>
    </label>
  );
}
