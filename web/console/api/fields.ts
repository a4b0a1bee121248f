/** Members that a query may select: null for a value, an object for a member with members of its own. */
export interface Selectable {
  readonly [field: string]: Selectable | null;
}

/** A root field under the names of this gateway's config. */
export interface Field {
  readonly field: string;
  readonly root: 'query' | 'mutation' | 'subscription';
  /** Types in SDL, by name. */
  readonly args: Readonly<Record<string, string>>;
  /** The argument with the id of an execution, or with a catalog path. */
  readonly key?: string;
  readonly returns: Selectable | null;
}

/** An operation to send. */
export interface Asked {
  readonly query: string;
  readonly variables: Record<string, unknown>;
}

/** Members to select, those of a member in a list behind its name: `['id', ['steps', ['name', 'status']]]`. */
export type Wanted = readonly (string | readonly [member: string, members: Wanted])[];

/** The operation that calls a field: of the arguments those that the field has, of the members those that it answers. */
export function operationOf(field: Field, given: Readonly<Record<string, unknown>>, wanted: Wanted): Asked {
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
  return ` { ${chosen.join(' ') || '__typename'} }`;
}
