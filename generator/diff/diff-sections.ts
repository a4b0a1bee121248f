import type { Severity } from './change-rules.ts';
import type { DiffReport, ExposureChange, UpstreamChange } from './diff-report.ts';
import { type DiffLine, graphqlLines } from './graphql-lines.ts';

export interface DiffSection {
  readonly title: string;
  readonly lines: readonly DiffLine[];
}

/** A report in the order in which a reviewer reads it, in words that the terminal and the pull request share. */
export interface DiffSections {
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
export function diffSections(report: DiffReport): DiffSections {
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
