import { useLocation } from 'preact-iso/router';
import type { AuditEntry, FoundAudit } from '../../../gateway/console/console-answers.ts';
import { useQuery, useSession } from '../api/gateway-client.ts';
import { addressOf } from '../api/health.ts';
import { timeOf } from '../api/time.ts';
import { Chips, SearchField } from '../parts/controls.tsx';
import { JsonView } from '../parts/json-view.tsx';
import { UserSessions } from '../parts/sessions.tsx';
import { Empty, Failed, Heading, Loading } from '../parts/table.tsx';
import { Ago } from '../parts/time.tsx';
import type { ViewProps } from '../view-props.ts';

/** Values of the member `audit` of a line. */
const kinds = ['mutation', 'denied', 'login', 'login_refused', 'logout', 'sessions_ended'];

/**
 * Who did what: the newest audit lines of this replica; and the sessions of a user.
 * - `text` in the address: a part of any value
 * - `kind`: one of {@link kinds}
 * - `user`: whose sessions are listed
 */
export function AuditView({ query }: ViewProps) {
  const { gateway } = useSession();
  const { route } = useLocation();
  const text = query['text'] ?? '';
  const user = query['user'] ?? '';
  // An unknown kind in the address counts as not set.
  const kind = kinds.includes(query['kind'] ?? '') ? (query['kind'] ?? '') : '';
  // The audit lines change with every mutation, so the newest are asked for again and again.
  const found = useQuery({
    key: ['audit', text, kind],
    ask: (signal) => gateway.section('audit', { text, audit: kind }, signal),
    everyMs: 5_000,
    keepsLast: true,
  });
  const page = found.data;
  return (
    <>
      <Heading title="Who did what?" answer={page && summaryOf(page)} />
      <SearchField
        label="User, path, execution or request id"
        placeholder="data/report"
        value={text}
        onSearch={(to) => route(addressOf('audit', { text: to, kind, user }))}
      />
      <Chips
        label="Filter by kind"
        chosen={kind}
        choices={['', ...kinds].map((value) => ({
          value,
          title: value === '' ? 'all' : value.replaceAll('_', ' '),
          href: addressOf('audit', { text, kind: value, user }),
        }))}
      />
      {found.error && <Failed error={found.error} retry={() => void found.refetch()} />}
      {page === undefined ? !found.error && <Loading rows={8} /> : <Entries entries={page.entries} />}
      <UserSessions key={user} user={user} onShow={(shown) => route(addressOf('audit', { text, kind, user: shown }))} />
    </>
  );
}

/** Other replicas keep lines of their own: a search here does not find them. */
function summaryOf({ found, kept, replica, auditTo }: FoundAudit): string {
  return `${found} of the newest ${kept} audit lines of this replica, ${replica}. Other replicas have their own; all lines of all replicas go to ${auditTo}.`;
}

function Entries({ entries }: { readonly entries: readonly AuditEntry[] }) {
  if (entries.length === 0) return <Empty title="No line matches." />;
  return (
    <ul class="events plain">
      {entries.map((entry) => (
        <li key={`${entry['time']} ${entry['requestId']} ${entry['field']}`}>
          <details>
            <summary>
              <code>{String(entry['audit'])}</code>
              <span>{deedOf(entry)}</span>
              <span class={`mark ${markOf(entry['outcome'])}`}>
                {String(entry['outcome'] ?? '').replaceAll('_', ' ')}
              </span>
              <span class="quiet when">
                <Ago time={timeOf(String(entry['time'])) === undefined ? undefined : String(entry['time'])} />
              </span>
            </summary>
            <Links entry={entry} />
            <JsonView value={entry} name="audit-line" />
          </details>
        </li>
      ))}
    </ul>
  );
}

/** To what the line is about: the execution, and why the user may do that now, or not. */
function Links({ entry }: { readonly entry: AuditEntry }) {
  const { executionId, userId, roles, permission, path } = entry;
  // A login has no permission and no path.
  const isDecision = Array.isArray(roles) && typeof permission === 'string' && typeof path === 'string';
  return (
    <p class="facets">
      {typeof executionId === 'string' && <a href={`/console/executions/${executionId}`}>The execution</a>}
      {typeof userId === 'string' && <a href={addressOf('audit', { user: userId })}>The sessions of the user</a>}
      {isDecision && (
        <a href={addressOf('explain', { roles: roles.join(), permission, path })}>Why, by the grants of now</a>
      )}
    </p>
  );
}

/** Who, what and on what, of the members that the line has. A line without a user can name an operator. */
function deedOf({ userId, operator, field, permission, path }: AuditEntry): string {
  const who = userId === undefined ? (operator ?? 'no user') : `user ${userId}`;
  return [who, field, permission, path].filter((part) => part !== undefined).join(' · ');
}

/** `warn` is an outage, `no` is a refusal or a failure. */
function markOf(outcome: unknown): string {
  if (outcome === 'unavailable' || outcome === 'backend_error') return 'warn';
  return outcome === 'denied' || outcome === 'failed' || outcome === 'rejected' ? 'no' : 'none';
}
