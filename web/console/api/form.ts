import type { ConsoleField } from '../../../gateway/console/answer-fields.ts';
import { operationOf, type Wanted } from './fields.ts';
import type { GatewayClient } from './gateway-client.ts';
import { fieldOf, type WorkloadField, workloadFields } from './workload.ts';

/** A field of a playbook's form, as NoETL's `ui_schema` has it. */
export interface FormField {
  readonly name: string;
  /** `string`, `integer`, `number`, `boolean`, `object`, `array`, `null` or `enum`. */
  readonly kind: string;
  readonly default?: unknown;
  readonly description?: string | null;
  readonly secret?: boolean | null;
  readonly credentialGlob?: string | null;
  readonly options?: readonly unknown[] | null;
}

const wanted: Wanted = [['fields', ['name', 'kind', 'default', 'description', 'secret', 'credentialGlob', 'options']]];

/**
 * The form that a playbook is started with, from its `ui_schema`; undefined where NoETL has no form. @throws CallFailed
 */
export async function readFormFields(
  gateway: GatewayClient,
  field: ConsoleField,
  path: string,
  signal: AbortSignal,
): Promise<readonly FormField[] | undefined> {
  const { query, variables } = operationOf(field, { [field.key ?? 'path']: path }, wanted);
  const { answer } = await gateway.graphql<{ answer: { fields?: readonly FormField[] | null } | null }>(
    query,
    variables,
    signal,
  );
  return answer?.fields ?? undefined;
}

/**
 * Fields of a form over those of the workload, by name: those of the form first, in its order. What the form does not
 * have is asked for by its example.
 */
export function formFields(workload: unknown, form: readonly FormField[] = []): readonly WorkloadField[] {
  const examples = new Map(workloadFields(workload).map((field) => [field.name, field]));
  const named = new Set(form.map(({ name }) => name));
  return [
    ...form.map((field) => withForm(examples.get(field.name), field)),
    ...[...examples.values()].filter(({ name }) => !named.has(name)),
  ];
}

/** One field: the example gives the value, the form gives kind, hint and choices. */
function withForm(example: WorkloadField | undefined, form: FormField): WorkloadField {
  const { name, kind, description, secret, credentialGlob, options } = form;
  const field = example ?? { name, ...fieldOf(form.default ?? emptyOf(kind)) };
  const credential = credentialGlob ? `Name of a credential such as ${credentialGlob}.` : undefined;
  const hint = [description, credential].filter(Boolean).join(' ');
  const common = { ...field, kind: kindOf(kind, field.kind), ...(hint !== '' && { hint }) };
  // A secret of the playbook itself is not shown; an empty field leaves it.
  if (secret === true) return { ...common, text: '', isSecret: true };
  if (!options || options.length === 0) return common;
  return { ...common, kind: 'choice', options: options.map((value) => ({ text: textOf(value), value })) };
}

/** The value of a field without a default and an example: it chooses the input only. */
const emptyOf = (kind: string): unknown => (kind === 'boolean' ? false : kind === 'string' ? '' : null);

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

/**
 * NoETL's kinds as inputs. A `string` stays a large input where the example is long; any other kind follows the
 * example.
 */
function kindOf(kind: string, byExample: WorkloadField['kind']): WorkloadField['kind'] {
  if (kind === 'integer' || kind === 'number') return 'number';
  if (kind === 'boolean') return 'flag';
  if (kind === 'object' || kind === 'array') return 'json';
  return kind === 'string' && byExample !== 'long' ? 'text' : byExample;
}
