import type { Severity } from './change-rules.ts';
import type { DiffReport } from './diff-report.ts';
import { diffSections } from './diff-sections.ts';
import type { DiffLine } from './graphql-lines.ts';

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

const words: Readonly<Record<Severity, string>> = { breaking: '❌ breaking', dangerous: '⚠️ dangerous', safe: 'safe' };

function rowsOf(lines: readonly DiffLine[]): readonly string[] {
  if (lines.length === 0) return ['Nothing.'];
  const head = ['', 'what', 'change'];
  const shown = lines
    .slice(0, maxRows)
    .map(({ severity, subject, message }) => row([words[severity], literal(subject), literal(message)]));
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
