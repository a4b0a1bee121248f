import type { DiffReport, Severity } from './diff-report.ts';

/** The report for a terminal. */
export function renderDiffText(report: DiffReport): string {
  const exposure = report.exposure.map(({ severity, subject, message }) => line(severity, `${subject}: ${message}`));
  const graphql = report.graphql.map(({ severity, path, message }) => line(severity, `${path}: ${message}`));
  const upstream = report.upstream.map(({ severity, operation, place, message, fields }) => {
    const open = fields.length === 0 ? '' : ` (open as ${fields.join(', ')})`;
    return line(severity, `${operation}${open}: ${place === undefined ? '' : `${place} `}${message}`);
  });
  return [
    `NoETL ${printable(report.from)} -> ${printable(report.to)}`,
    ...part('What is open', exposure, 'Nothing changes in what is open.'),
    ...part('GraphQL', graphql, 'Apps notice nothing.'),
    ...part('NoETL’s own API', upstream, 'Nothing changed.'),
    '',
    report.breaks ? 'Something that is open breaks.' : 'Nothing that is open breaks.',
    '',
  ].join('\n');
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
