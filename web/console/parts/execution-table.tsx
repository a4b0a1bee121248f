import { useState } from 'preact/hooks';
import type { ListedExecution } from '../api/executions.ts';
import { type Starts, starterOf, useStarts } from '../api/starts.ts';
import { shortId } from '../api/time.ts';
import { Status } from './status.tsx';
import { type Column, Table } from './table.tsx';
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
