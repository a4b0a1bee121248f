import type { ConsoleField, Selectable } from '../../../gateway/console/answer-fields.ts';

/**
 * An operation to send. The root field has the alias `answer`, so the caller reads the same member under every config.
 */
export interface GraphqlRequest {
  readonly query: string;
  readonly variables: Record<string, unknown>;
}

/** Members to select, those of a member in a list behind its name: `['id', ['steps', ['name', 'status']]]`. */
export type Wanted = readonly (string | readonly [member: string, members: Wanted])[];

/**
 * The operation that calls a field: of the arguments those that the field has, of the members those that it answers.
 * What the config closed is left out, since a query that names it would fail as a whole.
 */
export function operationOf(
  field: ConsoleField,
  given: Readonly<Record<string, unknown>>,
  wanted: Wanted,
): GraphqlRequest {
  // `hasOwn`: a name such as `constructor` is in every object.
  const variables = Object.fromEntries(
    Object.entries(given).filter(([name, value]) => value !== undefined && Object.hasOwn(field.args, name)),
  );
  const names = Object.keys(variables);
  const declared = names.map((name) => `$${name}: ${field.args[name]}`).join(', ');
  const passed = names.map((name) => `${name}: $${name}`).join(', ');
  const call = field.field + inBrackets(passed) + selectionOf(field.returns, wanted);
  return { query: `${field.root} Console${inBrackets(declared)} { answer: ${call} }`, variables };
}

const inBrackets = (text: string): string => (text === '' ? '' : `(${text})`);

function selectionOf(returns: Selectable | null, wanted: Wanted): string {
  if (returns === null) return '';
  const chosen = wanted.flatMap((one) => {
    const [name, members] = typeof one === 'string' ? [one, []] : one;
    const found = Object.hasOwn(returns, name) ? returns[name] : undefined;
    return found === undefined ? [] : [name + selectionOf(found, members)];
  });
  // GraphQL refuses an empty selection (October 2021, section 2.4), and the answer must still arrive.
  return ` { ${chosen.join(' ') || '__typename'} }`;
}
