import type { DiffReport, Severity } from './diff-report.ts';

/** Rows of one table; a comment on a pull request holds 65,536 characters. */
const maxRows = 150;

/** The report as a comment on a pull request: what concerns the reviewer first, NoETL's own changes folded away. */
export function renderDiffMarkdown(report: DiffReport): string {
  const verdict = report.breaks ? '❌ Something that is open breaks.' : '✅ Nothing that is open breaks.';
  const exposure = report.exposure.map(({ severity, subject, message }) => [words[severity], subject, message]);
  const graphql = report.graphql.map(({ severity, path, message }) => [words[severity], path, message]);
  const upstream = report.upstream.map(({ severity, operation, place, message, fields }) => [
    words[severity],
    operation,
    [place, message].filter(Boolean).join(' '),
    fields.join(', '),
  ]);
  return [
    `## NoETL ${literal(report.from)} → ${literal(report.to)}`,
    verdict,
    ...section('### What is open', ['', 'what', 'change'], exposure, 'Nothing changes in what is open.'),
    ...section('### GraphQL', ['', 'where', 'change'], graphql, 'Apps notice nothing.'),
    `<details><summary>NoETL’s own API: ${counts(report)}</summary>`,
    ...section(undefined, ['', 'operation', 'change', 'open as'], upstream, 'Nothing changed.'),
    '</details>',
    '',
  ].join('\n\n');
}

const words: Readonly<Record<Severity, string>> = { breaking: '❌ breaking', dangerous: '⚠️ dangerous', safe: 'safe' };

function section(
  title: string | undefined,
  head: readonly string[],
  rows: readonly (readonly string[])[],
  none: string,
): readonly string[] {
  const titles = title === undefined ? [] : [title];
  if (rows.length === 0) return [...titles, none];
  const shown = rows.slice(0, maxRows).map(([severity = '', ...cells]) => row([severity, ...cells.map(literal)]));
  const more = rows.length > maxRows ? [`… and ${rows.length - maxRows} more: see the output of \`--json\`.`] : [];
  return [...titles, [row(head), row(head.map(() => '---')), ...shown].join('\n'), ...more];
}

function counts({ upstream }: DiffReport): string {
  const count = (severity: Severity) => upstream.filter((change) => change.severity === severity).length;
  return `${count('breaking')} breaking, ${count('dangerous')} dangerous, ${count('safe')} safe`;
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
