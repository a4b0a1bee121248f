import type { ReplayedPast } from '../../../gateway/console/console-answers.ts';
import { usePolicy } from '../api/policy.ts';
import { Failed, Loading } from './states.tsx';
import { type Column, Table } from './table.tsx';
import { Ago } from './time.tsx';

/**
 * Which of the decisions in the audit lines the grants of now would take differently. The lines are the newest of the
 * replica that answers.
 */
export function PastDecisions() {
  const found = usePolicy('replay');
  return (
    <section>
      <h2>Would past decisions come out differently now?</h2>
      {found.error && <Failed error={found.error} retry={() => void found.refetch()} />}
      {found.data === undefined ? !found.error && <Loading rows={4} /> : <ReplayedDecisions replay={found.data} />}
    </section>
  );
}

/** Decisions that were taken again, and those that came out differently. */
export function ReplayedDecisions({ replay: { count, changed } }: { readonly replay: ReplayedPast }) {
  return (
    <>
      <p class="quiet">
        {count === 0
          ? 'The newest audit lines have no decision on a path yet.'
          : `Of ${count} decisions in the newest audit lines, ${changed.length} would come out differently. Each is decided with the roles that the user had then.`}
      </p>
      {changed.length > 0 && (
        <Table
          label="Past decisions that would change"
          columns={columns}
          rows={changed}
          // One request can decide on several paths at the same time.
          keyOf={({ source, field, path }) => `${source} ${field} ${path}`}
        />
      )}
    </>
  );
}

const columns: readonly Column<ReplayedPast['changed'][number]>[] = [
  { title: 'Playbook', isName: true, cell: ({ path }) => <code>{path}</code> },
  { title: 'Operation', cell: ({ field }) => <code>{field}</code> },
  { title: 'Permission', cell: ({ permission }) => permission },
  { title: 'Roles', cell: ({ roles }) => roles.join(', ') },
  { title: 'Was', cell: ({ was }) => was },
  { title: 'Would be', cell: ({ is }) => is },
  { title: 'When', isNumber: true, cell: ({ source }) => <Ago time={source} /> },
];
