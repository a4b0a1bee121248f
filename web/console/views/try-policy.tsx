import { useState } from 'preact/hooks';
import { useSession } from '../api/me.ts';
import { useQuery } from '../api/use-query.ts';
import { Failed, Heading, Loading } from '../parts/states.tsx';
import { type Column, Table } from '../parts/table.tsx';
import { Ago } from '../parts/time.tsx';

interface Tried {
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
  readonly changes: readonly {
    readonly kind: 'opens' | 'closes';
    readonly role: string;
    readonly permission: string;
    readonly pattern: string;
  }[];
  readonly cells: readonly {
    readonly field: string;
    readonly role: string;
    readonly was: string;
    readonly is: string;
  }[];
  readonly replayed: { readonly count: number; readonly changed: readonly Replayed[] };
}

/** A past decision that would come out differently. */
interface Replayed {
  /** When it was taken. */
  readonly source: string;
  readonly field: string;
  readonly roles: readonly string[];
  readonly permission: string;
  readonly path: string;
  readonly was: string;
  readonly is: string;
}

/** Other grants, and what they would change. Nothing of it counts or is kept. */
export function TryPolicyView() {
  const { gateway } = useSession();
  const [asked, setAsked] = useState<string>();
  const draft = useQuery<{ readonly text: string }>({
    key: ['draft'],
    ask: (signal) => gateway.section('draft', undefined, signal),
  });
  const tried = useQuery<Tried>({
    key: ['try', asked],
    ask: (signal) => gateway.section('try', { text: asked }, signal),
    enabled: asked !== undefined,
  });
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    setAsked(String(new FormData(event.currentTarget as HTMLFormElement).get('policy') ?? ''));
  };
  return (
    <>
      <Heading
        title="What would other grants change?"
        answer="Edit a copy of the grants. They are compared with those that count now; nothing is saved."
      />
      {draft.error && <Failed error={draft.error} retry={() => void draft.refetch()} />}
      {draft.data === undefined ? (
        !draft.error && <Loading rows={8} />
      ) : (
        <form class="draft" onSubmit={submit}>
          <label>
            <span>Grants, in the form of a policy file</span>
            <textarea name="policy" rows={18} spellcheck={false} defaultValue={draft.data.text} />
          </label>
          <button type="submit" class="primary">
            Compare
          </button>
        </form>
      )}
      {tried.error && <Failed error={tried.error} />}
      {tried.data && <Result tried={tried.data} />}
    </>
  );
}

function Result({ tried: { problems, warnings, changes, cells, replayed } }: { readonly tried: Tried }) {
  return (
    <section aria-live="polite">
      {problems.map((problem) => (
        <p class="notice bad" key={problem}>
          {problem}
        </p>
      ))}
      {warnings.map((warning) => (
        <p class="notice" key={warning}>
          {warning}
        </p>
      ))}
      {problems.length === 0 && changes.length === 0 && <p class="quiet">These grants decide the same.</p>}
      {changes.length > 0 && (
        <>
          <h2>Decisions that change</h2>
          <ul class="plain changes">
            {changes.map(({ kind, role, permission, pattern }) => (
              <li key={`${role} ${permission} ${pattern}`}>
                <span class={`mark ${kind === 'opens' ? 'warn' : 'busy'}`}>{kind}</span> {role} {permission}{' '}
                <code>{pattern}</code>
              </li>
            ))}
          </ul>
        </>
      )}
      {cells.length > 0 && (
        <>
          <h2>Operations that change</h2>
          <Table
            label="Operations that change"
            columns={cellColumns}
            rows={cells}
            keyOf={({ field, role }) => `${field} ${role}`}
          />
        </>
      )}
      {problems.length === 0 && (
        <>
          <h2>Past decisions</h2>
          <p class="quiet">
            Of the newest {replayed.count} decisions in this replica's audit lines, {replayed.changed.length} would come
            out differently.
          </p>
          {replayed.changed.length > 0 && (
            <Table
              label="Past decisions that would change"
              columns={replayedColumns}
              rows={replayed.changed}
              keyOf={({ source, field, path }) => `${source} ${field} ${path}`}
            />
          )}
        </>
      )}
    </section>
  );
}

const replayedColumns: readonly Column<Replayed>[] = [
  { title: 'Playbook', isName: true, cell: ({ path }) => <code>{path}</code> },
  { title: 'Operation', cell: ({ field }) => <code>{field}</code> },
  { title: 'Permission', cell: ({ permission }) => permission },
  { title: 'Roles', cell: ({ roles }) => roles.join(', ') },
  { title: 'Was', cell: ({ was }) => was },
  { title: 'Would be', cell: ({ is }) => is },
  { title: 'When', isNumber: true, cell: ({ source }) => <Ago time={source} /> },
];

type Cell = Tried['cells'][number];

const cellColumns: readonly Column<Cell>[] = [
  { title: 'Operation', isName: true, cell: ({ field }) => <code>{field}</code> },
  { title: 'Role', cell: ({ role }) => role },
  { title: 'Now', cell: ({ was }) => <code>{was}</code> },
  { title: 'Then', cell: ({ is }) => <code>{is}</code> },
];
