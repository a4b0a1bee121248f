import { useState } from 'preact/hooks';
import { useLocation } from 'preact-iso/router';
import { cancelExecution, type Execution, isOver, rerunExecution } from '../api/execution.ts';
import { useQuery, useSession } from '../api/gateway-client.ts';
import { ConfirmButton } from './controls.tsx';

/**
 * Cancel and Run again. What the session may not do is there, disabled, with the permission that is missing. A field
 * that the config does not open has no button.
 */
export function ExecutionActions({
  execution,
  onChange,
}: {
  readonly execution: Execution;
  readonly onChange: () => void;
}) {
  const { gateway, me } = useSession();
  const { route } = useLocation();
  const [problem, setProblem] = useState<string>();
  const { id, path, status } = execution;
  // The shipped rows of both fields ask for execute. The answer is for the buttons: the gateway decides the call by its
  // row.
  const may = useQuery<boolean>({
    key: ['may', 'execute', path],
    ask: () => gateway.may('execute', path ?? ''),
    // NoETL does not name the playbook of every execution; then it is not known whether the session may.
    enabled: path !== null,
  });
  const { cancel, rerun } = me.fields;
  // Both buttons stay disabled until the answer is known.
  const reason =
    may.data === false ? `You need execute on ${path}.` : may.data === undefined ? 'Checking …' : undefined;
  /** A failure is shown below the buttons, in the gateway's words. */
  const attempt = async (work: () => Promise<void>) => {
    setProblem(undefined);
    await work().catch((error: Error) => setProblem(error.message));
  };
  return (
    <>
      {cancel !== undefined && !isOver(status) && (
        <ConfirmButton
          label="Cancel"
          confirm="Really cancel"
          reason={reason}
          onConfirm={() => attempt(async () => cancelExecution(gateway, cancel, id).then(onChange))}
        />
      )}
      {rerun !== undefined && (
        <button
          type="button"
          disabled={reason !== undefined}
          title={reason}
          onClick={() =>
            void attempt(async () => route(`/console/executions/${await rerunExecution(gateway, rerun, id)}`))
          }
        >
          Run again
        </button>
      )}
      {problem !== undefined && (
        <p class="notice bad" role="alert">
          {problem}
        </p>
      )}
    </>
  );
}
