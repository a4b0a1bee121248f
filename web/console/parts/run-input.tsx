import type { WorkloadField } from '../api/workload.ts';

interface RunInputProps {
  readonly field: WorkloadField;
  /** In place of the name. */
  readonly label?: string;
  readonly problem: string | undefined;
}

/** One variable of a playbook. Inputs keep their texts; the form reads them when it is sent. */
export function RunInput({ field, label = field.name, problem }: RunInputProps) {
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
