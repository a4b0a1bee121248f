import type { DiffReport, ExposureChange, GraphqlChange, Severity, UpstreamChange } from './diff-report.ts';

interface DiffSection {
  readonly title: string;
  readonly lines: readonly DiffLine[];
}

/** A report in the order in which a reviewer reads it, in words that the terminal and the pull request share. */
interface DiffSections {
  readonly verdict: string;
  /** What a person must look at; sections without lines are left out. */
  readonly sections: readonly DiffSection[];
  /** What else changed, in one line each. */
  readonly counts: readonly string[];
  /** The rest, line by line, for those who ask for it. */
  readonly all: readonly DiffSection[];
}

/**
 * Puts a report into sections: what breaks, what a person decides, what is safe; closed operations are counted only.
 * What a row opens or loses is reported with the row, and not again from the schemas.
 */
function diffSections(report: DiffReport): DiffSections {
  const { exposure, graphql } = report;
  const [breaking, other] = split([...exposureLines(exposure), ...graphqlLines(graphql, exposure)], 'breaking');
  const [dangerous, safe] = split(other, 'dangerous');
  const added = newMembers(exposure);
  const sections = [
    { title: 'Breaks what is open', lines: breaking },
    { title: 'To decide', lines: [...dangerous, ...added] },
    { title: 'Safe for apps', lines: safe },
  ];
  return {
    verdict: verdictOf(report, dangerous.length + added.length),
    sections: sections.filter(({ lines }) => lines.length > 0),
    counts: [openCount(report.upstream), closedCount(report.upstream)],
    all: allOf(report),
  };
}

function verdictOf({ breaks, exposure, graphql }: DiffReport, toDecide: number): string {
  const decide = toDecide === 0 ? '' : ` ${toDecide} to decide.`;
  if (breaks) return `Something that is open breaks.${decide}`;
  // New operations are closed, so that they do not affect apps.
  const isQuiet = exposure.every(({ kind }) => kind === 'new-closed') && graphql.length === 0;
  return `Nothing that is open breaks.${isQuiet ? ' Apps notice nothing.' : decide}`;
}

const exposureLines = (exposure: readonly ExposureChange[]): readonly DiffLine[] =>
  exposure.filter(({ kind }) => kind !== 'new-closed' && kind !== 'new-member');

/** What a document adds to an operation, in one line an operation. */
function newMembers(exposure: readonly ExposureChange[]): readonly DiffLine[] {
  const added = exposure.filter(({ kind }) => kind === 'new-member');
  // `subject` is the row and the member, `executions.args.page`.
  const byRow = Map.groupBy(added, ({ subject }) => subject.slice(0, subject.indexOf('.')));
  return [...byRow].map(([row, members]) => {
    const names = members.map(({ subject, message }) => `${subject.slice(row.length + 1)} ${detail(message)}`);
    return {
      severity: 'safe',
      subject: row,
      message: `new, closed: ${names.join(', ')}; to open: generate --accept ${members.length === 1 ? members[0]?.subject : row}`,
    };
  });
}

/** Of `new, closed (argument page: Int)` what is in brackets, without the kind. */
const detail = (message: string): string =>
  message.replace(/^new, closed \((?:argument|field|member) [^:]*: (.*)\)$/, '($1)');

function openCount(upstream: readonly UpstreamChange[]): string {
  const open = upstream.filter(({ fields }) => fields.length > 0);
  const operations = new Set(open.map(({ operation }) => operation)).size;
  return open.length === 0
    ? 'Open operations: no changes of NoETL’s API.'
    : `Open operations: ${open.length} changes of NoETL’s API in ${operations}.`;
}

function closedCount(upstream: readonly UpstreamChange[]): string {
  const closed = upstream.filter(({ fields }) => fields.length === 0);
  const [added, gone] = ['operation-new', 'operation-gone'].map((kind) => closed.filter((one) => one.kind === kind));
  const changed = new Set(
    closed.filter((one) => !added?.includes(one) && !gone?.includes(one)).map(({ operation }) => operation),
  );
  return closed.length === 0
    ? 'Closed operations: no changes of NoETL’s API.'
    : `Closed operations: ${added?.length} new, ${gone?.length} gone, ${changed.size} changed.`;
}

function allOf({ upstream, exposure }: DiffReport): readonly DiffSection[] {
  const closed = exposure.filter(({ kind }) => kind === 'new-closed');
  const names = new Set(closed.map(({ subject }) => subject));
  // A new operation that is closed is in the second list, with the reason why it stays closed.
  const others = upstream.filter(({ kind, operation }) => kind !== 'operation-new' || !names.has(operation));
  return [
    { title: 'NoETL’s own API, for those who call it directly', lines: others.map(upstreamLine) },
    { title: `New in NoETL, and closed (${closed.length})`, lines: closed },
  ];
}

const upstreamLine = ({ severity, operation, place, message, fields }: UpstreamChange): DiffLine => ({
  severity,
  subject: `${operation}${fields.length === 0 ? '' : ` (open as ${fields.join(', ')})`}`,
  message: place === undefined ? message : `${place} ${message}`,
});

const split = (lines: readonly DiffLine[], severity: Severity): readonly [readonly DiffLine[], readonly DiffLine[]] => [
  lines.filter((line) => line.severity === severity),
  lines.filter((line) => line.severity !== severity),
];

/** A line of a report: its class, what it is about, and what happens to it. */
interface DiffLine {
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

interface TextOptions {
  /** Every change of NoETL's API too, line by line. Default false: closed operations are counted. */
  readonly all?: boolean;
  /** What lists them; default `--all`. */
  readonly lister?: string;
}

/** The report for a terminal: verdict, sections, counts. Exit codes are the command's. */
export function renderDiffText(report: DiffReport, { all = false, lister = '--all' }: TextOptions = {}): string {
  const { verdict, sections, counts, all: rest } = diffSections(report);
  const more = all || report.upstream.length === 0 ? '' : ` ${lister} lists them.`;
  return [
    `NoETL ${printable(report.from)} -> ${printable(report.to)}`,
    '',
    verdict,
    ...sections.flatMap(sectionText),
    '',
    ...counts.map((line, index) => printable(`${line}${index === counts.length - 1 ? more : ''}`)),
    ...(all ? rest.flatMap(sectionText) : []),
    '',
  ].join('\n');
}

const sectionText = ({ title, lines }: DiffSection): readonly string[] => [
  '',
  title,
  ...(lines.length === 0 ? ['  Nothing.'] : []),
  ...lines.map(({ severity, subject, message }) => `  ${words[severity]}  ${printable(`${subject}: ${message}`)}`),
];

const words: Readonly<Record<Severity, string>> = { breaking: 'breaking ', dangerous: 'dangerous', safe: 'safe     ' };

/** Names come from a foreign document, and a terminal obeys control characters. */
const printable = (text: string): string => text.replaceAll(/\p{Cc}/gu, '?');

/** Rows of one table; a comment on a pull request holds 65,536 characters. */
const maxRows = 150;

/**
 * The report as a comment on a pull request: what the reviewer decides first, NoETL's own changes folded away. Tables
 * and `<details>` are as GitHub renders them.
 */
export function renderDiffMarkdown(report: DiffReport): string {
  const { verdict, sections, counts, all } = diffSections(report);
  return [
    `## NoETL ${literal(report.from)} → ${literal(report.to)}`,
    `${report.breaks ? '❌' : '✅'} ${verdict}`,
    ...sections.flatMap(({ title, lines }) => [`### ${title}`, ...rowsOf(lines)]),
    `<details><summary>${counts.join(' ')}</summary>`,
    ...all.flatMap(({ title, lines }) => [`### ${title}`, ...rowsOf(lines)]),
    '</details>',
    '',
  ].join('\n\n');
}

const markdownWords: Readonly<Record<Severity, string>> = {
  breaking: '❌ breaking',
  dangerous: '⚠️ dangerous',
  safe: 'safe',
};

function rowsOf(lines: readonly DiffLine[]): readonly string[] {
  if (lines.length === 0) return ['Nothing.'];
  const head = ['', 'what', 'change'];
  const shown = lines
    .slice(0, maxRows)
    .map(({ severity, subject, message }) => row([markdownWords[severity], literal(subject), literal(message)]));
  const more = lines.length > maxRows ? [`… and ${lines.length - maxRows} more: see the output of \`--json\`.`] : [];
  return [[row(head), row(head.map(() => '---')), ...shown].join('\n'), ...more];
}

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

/** Text from a foreign document as code: no markup of it takes effect and no account is mentioned. */
function literal(text: string): string {
  const plain = text
    .replaceAll(/[\p{Cc}`]/gu, ' ')
    .replaceAll('|', '\\|')
    .trim();
  return plain === '' ? '' : `\`${plain}\``;
}
