import type { Execution } from '../api/execution.ts';
import { isOver } from '../api/execution.ts';
import { type ListedExecution, listChildren } from '../api/executions.ts';
import { useSession } from '../api/me.ts';
import { useQuery } from '../api/use-query.ts';
import { ExecutionTable } from './execution-table.tsx';
import { Empty, Failed, Loading } from './states.tsx';

/** Executions that this one has started, of those that the session may view. */
export function ChildrenTab({ execution }: { readonly execution: Execution }) {
  const { gateway, me } = useSession();
  const { id, status, startedAt, steps } = execution;
  const field = me.fields.executions;
  const children = useQuery<readonly ListedExecution[]>({
    // By the id alone: the list grows while the execution runs.
    key: ['children', id],
    ask: (signal) =>
      field === undefined ? Promise.resolve([]) : listChildren(gateway, field, { id, startedAt }, signal),
    // An execution that is over starts no other one.
    everyMs: () => (isOver(status) ? false : 3_000),
  });
  if (children.error) return <Failed error={children.error} retry={() => void children.refetch()} />;
  if (children.data === undefined) return <Loading rows={3} />;
  const listed = new Set(children.data.map((row) => row.id));
  // A step names its execution also where the session may not view it, or the list was not read that far.
  const others = (steps ?? []).flatMap(({ executionId, name }) =>
    executionId && !listed.has(executionId) ? [{ executionId, name }] : [],
  );
  return (
    <section class="tab">
      {listed.size > 0 && <ExecutionTable rows={children.data} holdsNew={false} />}
      {others.length > 0 && (
        <ul class="plain">
          {others.map(({ executionId, name }) => (
            <li key={executionId}>
              Step <code>{name}</code> started <a href={`/console/executions/${executionId}`}>{executionId}</a>
            </li>
          ))}
        </ul>
      )}
      {listed.size + others.length === 0 && <Empty title="It has started no other execution that you may view." />}
    </section>
  );
}
