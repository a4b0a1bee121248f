import { useState } from 'preact/hooks';
import type { ListedExecution } from '../api/executions.ts';
import { shortId } from '../api/time.ts';
import { Scroll } from './scroll.tsx';
import { Status } from './status.tsx';
import { Ago, Took } from './time.tsx';

interface ExecutionTableProps {
  readonly rows: readonly ListedExecution[];
  /** Rows that come later wait for a click: nothing moves while a person reads. */
  readonly holdsNew: boolean;
}

export function ExecutionTable({ rows, holdsNew }: ExecutionTableProps) {
  const [known, setKnown] = useState<ReadonlySet<string>>(() => new Set(rows.map(({ id }) => id)));
  // What is older than a known row has only moved up from the next page.
  const firstKnown = rows.findIndex(({ id }) => known.has(id));
  const waiting = holdsNew && firstKnown > 0 ? firstKnown : 0;
  const shown = rows.slice(waiting);
  return (
    <>
      {waiting > 0 && (
        <p class="waiting">
          <button type="button" onClick={() => setKnown(new Set(rows.map(({ id }) => id)))}>
            {waiting} new
          </button>
        </p>
      )}
      <Scroll label="Executions">
        <table class="executions">
          <thead>
            <tr>
              <th scope="col">Status</th>
              <th scope="col">Playbook</th>
              <th scope="col">Execution</th>
              <th scope="col" class="number">
                Started
              </th>
              <th scope="col" class="number">
                Took
              </th>
            </tr>
          </thead>
          <tbody>
            {shown.map((row) => (
              <tr key={row.id}>
                <td>
                  <Status status={row.status} />
                </td>
                <td>
                  <a href={`/console/executions/${row.id}`}>{row.path ?? 'unknown playbook'}</a>
                  {row.error && <span class="cause">{row.error}</span>}
                </td>
                <td class="mono" title={row.id}>
                  {shortId(row.id)}
                </td>
                <td class="number">
                  <Ago time={row.startTime} />
                </td>
                <td class="number">
                  <Took from={row.startTime} to={row.endTime} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </>
  );
}
