import { useMemo, useState } from 'preact/hooks';
import { useLocation } from 'preact-iso/router';
import { type FormField, formFields, readFormFields } from '../api/form.ts';
import { useSession } from '../api/me.ts';
import { runPlaybook } from '../api/playbooks.ts';
import { useQuery } from '../api/use-query.ts';
import { moreName, readForm, type WorkloadField } from '../api/workload.ts';
import { MissingRow } from './missing-row.tsx';
import { RunInput } from './run-input.tsx';
import { Loading } from './states.tsx';

/** The playbook that the form starts. */
interface RunFormProps {
  readonly path: string;
  /** Of the newest version: the values that NoETL fills in for what is not sent. */
  readonly workload: unknown;
}

/**
 * A form of the playbook's workload. It leads to the execution that it starts. Without execute on the path it cannot be
 * sent; the gateway decides the start again.
 */
export function RunForm({ path, workload }: RunFormProps) {
  const { gateway, me } = useSession();
  const { route } = useLocation();
  const form = useForm(path);
  // The same list for each drawing: inputs keep their texts while their keys stay.
  const fields = useMemo(() => formFields(workload, form.fields), [workload, form.fields]);
  const [problems, setProblems] = useState<Readonly<Record<string, string>>>({});
  const [failure, setFailure] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const may = useQuery<boolean>({ key: ['may', 'execute', path], ask: () => gateway.may('execute', path) });
  const field = me.fields.execute;
  if (field === undefined) {
    return (
      <MissingRow
        kind="a start of a playbook"
        row="executePlaybook: { upstream: 'POST /api/execute', access: onPlaybook('execute', 'name') }"
      />
    );
  }
  if (form.isLoading) return <Loading rows={4} />;
  // After a start the form stays disabled: the view changes, and a second click must not start a second execution.
  const run = async (form: HTMLFormElement) => {
    const read = readForm(fields, textsOf(form, fields));
    setProblems('problems' in read ? read.problems : {});
    if ('problems' in read) return;
    setBusy(true);
    try {
      route(`/console/executions/${await runPlaybook(gateway, field, path, read.variables)}`);
    } catch (error) {
      setFailure((error as Error).message);
      setBusy(false);
    }
  };
  return (
    <form
      class="run"
      onSubmit={(event) => {
        event.preventDefault();
        void run(event.currentTarget);
      }}
    >
      {fields.map((one) => (
        <RunInput key={one.name} field={one} problem={problems[one.name]} />
      ))}
      <details open={fields.length === 0}>
        <summary>More variables</summary>
        <RunInput field={{ name: moreName, kind: 'json', text: '' }} label="JSON object" problem={problems[moreName]} />
      </details>
      {failure !== undefined && (
        <p class="notice bad" role="alert">
          {failure}
        </p>
      )}
      <p class="submit">
        <button type="submit" class="primary" disabled={isBusy || may.data !== true}>
          Run
        </button>
        {may.data === false && <span class="quiet">You need execute on {path}.</span>}
      </p>
    </form>
  );
}

/**
 * NoETL's form of the playbook, where the config opens it (`playbookForm`). Without it, or when it cannot be read, the
 * workload is asked for by its examples.
 */
function useForm(path: string): { readonly fields: readonly FormField[] | undefined; readonly isLoading: boolean } {
  const { gateway, me } = useSession();
  const { form } = me.fields;
  const found = useQuery<readonly FormField[] | null>({
    key: ['form', path],
    ask: async (signal) => (form === undefined ? null : ((await readFormFields(gateway, form, path, signal)) ?? null)),
    enabled: form !== undefined,
  });
  return { fields: found.data ?? undefined, isLoading: form !== undefined && found.isPending };
}

/**
 * The texts of a form by field. A checkbox that is not checked is missing in the data of a form, so flags are read
 * apart.
 */
function textsOf(form: HTMLFormElement, fields: readonly WorkloadField[]): Readonly<Record<string, string>> {
  const data = new FormData(form);
  const flags = fields.filter(({ kind }) => kind === 'flag').map(({ name }) => [name, String(data.has(name))] as const);
  const others = [...data].filter(([name]) => !flags.some(([flag]) => flag === name));
  return Object.fromEntries([...others.map(([name, value]) => [name, String(value)] as const), ...flags]);
}
