import type { DiffReport, Severity, UpstreamChange } from './diff-report.ts';

/** The report for a terminal. */
export function renderDiffText(report: DiffReport): string {
  const closed = report.exposure.filter(({ kind }) => kind === 'new-closed');
  const exposure = report.exposure.filter((change) => !closed.includes(change));
  const names = new Set(closed.map(({ subject }) => subject));
  const upstream = report.upstream.filter(({ operation, place }) => place !== undefined || !names.has(operation));
  return [
    `NoETL ${printable(report.from)} -> ${printable(report.to)}`,
    ...part(
      'What is open',
      exposure.map(({ severity, subject, message }) => line(severity, `${subject}: ${message}`)),
      'Nothing changes in what is open.',
    ),
    ...part(
      'GraphQL',
      report.graphql.map(({ severity, path, message }) => line(severity, `${path}: ${message}`)),
      'Apps notice nothing.',
    ),
    ...part('NoETL’s own API', upstream.map(upstreamLine), 'Nothing changed.'),
    ...part(
      `New in NoETL, and closed (${closed.length})`,
      closed.map(({ subject, message }) => `  ${printable(`${subject}${message.replace(/^new, closed/, '')}`)}`),
      'Nothing.',
    ),
    '',
    report.breaks ? 'Something that is open breaks.' : 'Nothing that is open breaks.',
    '',
  ].join('\n');
}

function upstreamLine({ severity, operation, place, message, fields }: UpstreamChange): string {
  const open = fields.length === 0 ? '' : ` (open as ${fields.join(', ')})`;
  return line(severity, `${operation}${open}: ${place === undefined ? '' : `${place} `}${message}`);
}

const part = (title: string, lines: readonly string[], none: string): readonly string[] => [
  '',
  title,
  ...(lines.length === 0 ? [`  ${none}`] : lines),
];

const words: Readonly<Record<Severity, string>> = { breaking: 'breaking ', dangerous: 'dangerous', safe: 'safe     ' };

const line = (severity: Severity, text: string): string => `  ${words[severity]}  ${printable(text)}`;

/** Names come from a foreign document, and a terminal obeys control characters. */
const printable = (text: string): string => text.replaceAll(/\p{Cc}/gu, '?');
