import type { WorkloadField } from '../api/workload.ts';

interface RunInputProps {
  readonly field: WorkloadField;
  readonly label?: string;
  readonly problem: string | undefined;
}

/** One variable of a playbook. */
export function RunInput({ field, label = field.name, problem }: RunInputProps) {
  const { name, kind, text, hint } = field;
  const id = `variable-${name}`;
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

function Control({ id, field: { name, kind, text, hint, isSecret, options = [] }, isInvalid }: ControlProps) {
  const common = {
    ...{ id, name, spellcheck: false, 'aria-invalid': isInvalid },
    ...(hint !== undefined && { 'aria-describedby': `${id}-hint` }),
  };
  if (kind === 'choice') {
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
  if (isSecret) {
    return <input {...common} type="password" autocomplete="off" placeholder="as the playbook has it" />;
  }
  if (kind === 'json' || kind === 'long') {
    const lines = Math.min(12, Math.max(3, text.split('\n').length));
    return <textarea {...common} rows={lines} defaultValue={text} />;
  }
  return <input {...common} type="text" inputMode={kind === 'number' ? 'decimal' : 'text'} defaultValue={text} />;
}
