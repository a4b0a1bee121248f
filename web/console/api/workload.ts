/** How a value of a playbook's workload is asked for. */
export interface WorkloadField {
  readonly name: string;
  /** `text` and `long` are strings, `flag` a boolean; `json` is any value; `choice` is one of `options`. */
  readonly kind: 'text' | 'long' | 'number' | 'flag' | 'json' | 'choice';
  /** The playbook's own value, as it is in the form. */
  readonly text: string;
  /** What to fill in. */
  readonly hint?: string;
  /** The value is not shown; an empty input leaves the playbook's own. */
  readonly isSecret?: boolean;
  /** Of a choice. */
  readonly options?: readonly { readonly text: string; readonly value: unknown }[];
}

/** The variables to start with, or a sentence for each field that cannot be read, by its name. */
export type ReadForm =
  | { readonly variables: Readonly<Record<string, unknown>> }
  | { readonly problems: Readonly<Record<string, string>> };

/** The name of the field for variables that the workload does not have. */
export const moreName = '…';

/**
 * A field for each member of the workload, by its example; what is not a simple value is JSON. Empty where the workload
 * is not an object.
 */
export function workloadFields(workload: unknown): readonly WorkloadField[] {
  if (typeof workload !== 'object' || workload === null || Array.isArray(workload)) return [];
  return Object.entries(workload).map(([name, value]) => ({ name, ...fieldOf(value) }));
}

/** How a value is asked for. */
export function fieldOf(value: unknown): Omit<WorkloadField, 'name'> {
  switch (typeof value) {
    case 'string':
      return { kind: value.length > 60 || value.includes('\n') ? 'long' : 'text', text: value };
    case 'number':
      return { kind: 'number', text: String(value) };
    case 'boolean':
      return { kind: 'flag', text: String(value) };
    default:
      return { kind: 'json', text: JSON.stringify(value, undefined, 2) };
  }
}

/**
 * The variables of a filled form: what differs from the playbook's own values, which NoETL fills in itself.
 * @param texts by the field's name; of {@link moreName} a JSON object, or an empty text
 */
export function readForm(fields: readonly WorkloadField[], texts: Readonly<Record<string, string>>): ReadForm {
  const read = fields.flatMap((field) => {
    const { name, kind, text } = field;
    const given = texts[name] ?? text;
    return given === text ? [] : [{ name, kind, value: typedValue(field, given) }];
  });
  const more = moreOf(texts[moreName] ?? '');
  const problems = read.flatMap(({ name, kind, value }) =>
    value === undefined
      ? [[name, kind === 'number' ? 'Enter a number.' : 'This is not JSON.'] as [string, string]]
      : [],
  );
  if (more === undefined) problems.push([moreName, 'Enter a JSON object, for example {"limit": 10}.']);
  if (problems.length > 0) return { problems: Object.fromEntries(problems) };
  // Last, so that a JSON object can also set what the form has.
  return { variables: { ...Object.fromEntries(read.map(({ name, value }) => [name, value])), ...more } };
}

/** The value of a text, in the type of the field; undefined: the text is not of that type. */
function typedValue({ kind, options }: WorkloadField, text: string): unknown {
  if (kind === 'choice') return options?.find((option) => option.text === text)?.value;
  if (kind === 'text' || kind === 'long') return text;
  if (kind === 'flag') return text === 'true';
  if (kind === 'json') return parsed(text);
  // `Number('')` is 0, and an empty input means no number.
  const number = Number(text);
  return text.trim() === '' || !Number.isFinite(number) ? undefined : number;
}

function moreOf(text: string): Readonly<Record<string, unknown>> | undefined {
  if (text.trim() === '') return {};
  const value = parsed(text);
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
