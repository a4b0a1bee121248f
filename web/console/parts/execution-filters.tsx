import { useLocation } from 'preact-iso/router';
import { type ExecutionQuery, executionsAddress, spans, statuses } from '../api/execution-query.ts';
import { useSession } from '../api/me.ts';
import { useStarts } from '../api/starts.ts';
import { Chips } from './chips.tsx';
import { SearchField } from './search-field.tsx';

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
