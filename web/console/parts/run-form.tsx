import { useMemo, useState } from 'preact/hooks';
import { useLocation } from 'preact-iso/router';
import { useSession } from '../api/me.ts';
import { runPlaybook } from '../api/playbooks.ts';
import { useQuery } from '../api/use-query.ts';
import { moreName, readForm, type WorkloadField, workloadFields } from '../api/workload.ts';
import { MissingRow } from './missing-row.tsx';

interface RunFormProps {
  readonly path: string;
  readonly workload: unknown;
}

/** A form of the playbook's workload. It leads to the execution that it starts. */
export function RunForm({ path, workload }: RunFormProps) {
  const { gateway, me } = useSession();
  const { route } = useLocation();
  const fields = useMemo(() => workloadFields(workload), [workload]);
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
        <Input key={one.name} field={one} problem={problems[one.name]} />
      ))}
      <details open={fields.length === 0}>
        <summary>More variables</summary>
        <Input field={{ name: moreName, kind: 'json', text: '' }} label="JSON object" problem={problems[moreName]} />
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

function textsOf(form: HTMLFormElement, fields: readonly WorkloadField[]): Readonly<Record<string, string>> {
  const data = new FormData(form);
  const flags = fields.filter(({ kind }) => kind === 'flag').map(({ name }) => [name, String(data.has(name))] as const);
  const others = [...data].filter(([name]) => !flags.some(([flag]) => flag === name));
  return Object.fromEntries([...others.map(([name, value]) => [name, String(value)] as const), ...flags]);
}

interface InputProps {
  readonly field: WorkloadField;
  readonly label?: string;
  readonly problem: string | undefined;
}

function Input({ field: { name, kind, text }, label = name, problem }: InputProps) {
  const common = { name, 'aria-invalid': problem !== undefined, spellcheck: false };
  if (kind === 'flag') {
    return (
      <label class="choice">
        <input type="checkbox" {...common} defaultChecked={text === 'true'} /> {label}
      </label>
    );
  }
  const id = `variable-${name}`;
  const lines = Math.min(12, Math.max(3, text.split('\n').length));
  return (
    <div>
      <label htmlFor={id}>
        <span>{label}</span>
      </label>
      {kind === 'json' || kind === 'long' ? (
        <textarea id={id} {...common} rows={lines} defaultValue={text} />
      ) : (
        <input id={id} {...common} type="text" inputMode={kind === 'number' ? 'decimal' : 'text'} defaultValue={text} />
      )}
      {problem !== undefined && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
    </div>
  );
}
