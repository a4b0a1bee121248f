import { useMemo, useState } from 'preact/hooks';
import { useLocation } from 'preact-iso/router';
import type { FormField } from '../../../plugins/noetl/playbook-form.ts';
import { useQuery, useSession } from '../api/gateway-client.ts';
import { formFields, moreName, readForm, readFormOf, runPlaybook, type WorkloadField } from '../api/playbooks.ts';
import { Loading, MissingRow } from './table.tsx';

interface RunInputProps {
  readonly field: WorkloadField;
  /** In place of the name. */
  readonly label?: string;
  readonly problem: string | undefined;
}

/** One variable of a playbook. Inputs keep their texts; the form reads them when it is sent. */
function RunInput({ field, label = field.name, problem }: RunInputProps) {
  const { name, kind, text, hint } = field;
  // The label and the hint find the input by it.
  const id = `variable-${name}`;
  // A checkbox is before its words, and cannot be filled wrong.
  if (kind === 'flag') {
    return (
      <div>
        <label class="choice">
          <input type="checkbox" name={name} defaultChecked={text === 'true'} aria-describedby={hint && `${id}-hint`} />{' '}
          {label}
        </label>
        <Hint id={id} hint={hint} />
      </div>
    );
  }
  return (
    <div>
      <label htmlFor={id}>
        <span>{label}</span>
      </label>
      <Control id={id} field={field} isInvalid={problem !== undefined} />
      <Hint id={id} hint={hint} />
      {problem !== undefined && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
    </div>
  );
}

/** What to fill in, bound to the input by `aria-describedby`. */
function Hint({ id, hint }: { readonly id: string; readonly hint: string | undefined }) {
  return hint === undefined ? null : (
    <p class="quiet" id={`${id}-hint`}>
      {hint}
    </p>
  );
}

interface ControlProps {
  readonly id: string;
  readonly field: WorkloadField;
  readonly isInvalid: boolean;
}

/** The input of a field's kind. */
function Control({ id, field: { name, kind, text, hint, isSecret, options = [] }, isInvalid }: ControlProps) {
  const common = {
    ...{ id, name, spellcheck: false, 'aria-invalid': isInvalid },
    ...(hint !== undefined && { 'aria-describedby': `${id}-hint` }),
  };
  if (kind === 'choice') {
    // The playbook's own value may be missing in the choices. It stays the chosen one, so that it is not changed in
    // passing.
    const isListed = options.some((option) => option.text === text);
    return (
      <select {...common} defaultValue={text}>
        {!isListed && <option value={text}>{text === '' ? 'not set' : text}</option>}
        {options.map((option) => (
          <option key={option.text}>{option.text}</option>
        ))}
      </select>
    );
  }
  // Without a value: a secret of the playbook is never put into the page.
  if (isSecret) {
    return <input {...common} type="password" autocomplete="off" placeholder="as the playbook has it" />;
  }
  if (kind === 'json' || kind === 'long') {
    // As high as the example, within bounds.
    const lines = Math.min(12, Math.max(3, text.split('\n').length));
    return <textarea {...common} rows={lines} defaultValue={text} />;
  }
  return <input {...common} type="text" inputMode={kind === 'number' ? 'decimal' : 'text'} defaultValue={text} />;
}

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
    ask: async (signal) => (form === undefined ? null : ((await readFormOf(gateway, form, path, signal)) ?? null)),
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
