import type { Severity } from './change-rules.ts';
import type { ExposureChange, GraphqlChange } from './diff-report.ts';

/** A line of a report: its class, what it is about, and what happens to it. */
export interface DiffLine {
  readonly severity: Severity;
  readonly subject: string;
  readonly message: string;
}

/**
 * Changes of the schema, one line for what belongs together: a new type with all that it has, the members that one type
 * gains or loses, the types that nothing leads to any more. A root field or an argument that a row opens is reported
 * with its row.
 * @returns types that are gone and new types come last
 */
export function graphqlLines(
  graphql: readonly GraphqlChange[],
  exposure: readonly ExposureChange[],
): readonly DiffLine[] {
  const added = new Set(graphql.filter(({ kind }) => kind === 'TYPE_ADDED').map(({ path }) => path));
  const removed = graphql.filter(({ kind }) => kind === 'TYPE_REMOVED' || schemaTypeRemoved.test(kind));
  const others = graphql.filter(
    (change) => !isOfRow(change, exposure) && !removed.includes(change) && !added.has(change.path.split('.')[0] ?? ''),
  );
  // A change that is grouped by itself has itself as the key.
  const together = Map.groupBy(others, (change) =>
    memberWords[change.kind] ? `${change.severity} ${change.kind} ${parentOf(change)}` : change,
  );
  return [...[...together.values()].map(lineOf), ...removedTypes(removed), ...newTypes(graphql, added)];
}

/** Kinds of which several at one place are one line. */
const memberWords: Readonly<Record<string, readonly [what: string, verb: string]>> = {
  FIELD_ADDED: ['field', 'new'],
  FIELD_REMOVED: ['field', 'gone'],
  FIELD_ARGUMENT_ADDED: ['argument', 'new'],
  FIELD_ARGUMENT_REMOVED: ['argument', 'gone'],
};

const parentOf = ({ path }: GraphqlChange): string => path.slice(0, path.lastIndexOf('.'));

const rootTypes: ReadonlySet<string> = new Set(['Query', 'Mutation', 'Subscription']);
const schemaTypeRemoved = /^SCHEMA_\w+_TYPE_(?:CHANGED|REMOVED)$/;

function isOfRow({ path, kind }: GraphqlChange, exposure: readonly ExposureChange[]): boolean {
  const [type = '', field, argument] = path.split('.');
  if (!rootTypes.has(type)) return false;
  // The row has the new access rule; the schema does not show it.
  const own = exposure.filter(({ subject }) => subject === field).map((change) => change.kind);
  return argument === undefined
    ? own.some((one) => ['opens', 'vanishes', 'unfit'].includes(one))
    : kind === 'FIELD_ARGUMENT_ADDED' && own.includes('offers');
}

/** One change, or several of one kind and severity at one place. */
function lineOf(changes: readonly GraphqlChange[]): DiffLine {
  const [first] = changes;
  if (first === undefined) throw new TypeError('a group of changes has a change');
  const [what, verb] = memberWords[first.kind] ?? [];
  if (changes.length === 1 || what === undefined) return { ...pick(first), subject: first.path };
  const names = changes.map(({ path }) => path.slice(path.lastIndexOf('.') + 1));
  return {
    severity: first.severity,
    subject: parentOf(first),
    message: `the ${what}s ${names.join(', ')} are ${verb}`,
  };
}

const pick = ({ severity, message }: GraphqlChange): Pick<DiffLine, 'severity' | 'message'> => ({ severity, message });

function removedTypes(removed: readonly GraphqlChange[]): readonly DiffLine[] {
  const names = removed.filter(({ kind }) => kind === 'TYPE_REMOVED').map(({ path }) => path);
  if (names.length === 0) return [];
  const message = `${names.length === 1 ? 'the type is' : 'the types are'} gone, since no field leads to ${names.length === 1 ? 'it' : 'them'}`;
  return [{ severity: 'breaking', subject: names.join(', '), message }];
}

function newTypes(graphql: readonly GraphqlChange[], added: ReadonlySet<string>): readonly DiffLine[] {
  return [...added].map((name): DiffLine => {
    const members = graphql
      .filter(({ path }) => path.startsWith(`${name}.`))
      .map(({ path }) => path.split('.')[1] ?? '');
    const names = [...new Set(members)];
    const message = names.length === 0 ? 'new type' : `new type with ${names.join(', ')}`;
    return { severity: 'safe', subject: name, message };
  });
}
