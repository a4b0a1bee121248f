import type { Severity } from './change-rules.ts';
import type { DiffReport } from './diff-report.ts';
import { type DiffSection, diffSections } from './diff-sections.ts';

export interface TextOptions {
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
