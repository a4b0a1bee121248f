import { mkdirSync, writeFileSync } from 'node:fs';
import { resultCases } from '../services/noetl/result-playbooks.ts';
import type { RunEnd } from './results-world.ts';

/** Where a run leaves what apps got; `npm run docs:results` makes the table of the docs from it. */
export const recordFolder = 'node_modules/.cache/noetl-results';

/** One row: what a playbook produced, and what the app got, both in a few words. */
export interface ResultRow {
  readonly produces: string;
  readonly got: string;
}

export function rememberResults(title: string, seen: ReadonlyMap<string, RunEnd>): void {
  const rows = resultCases.flatMap(({ path, produces }): ResultRow[] => {
    const end = seen.get(path);
    return end === undefined ? [] : [{ produces, got: inWords(end) }];
  });
  mkdirSync(recordFolder, { recursive: true });
  writeFileSync(`${recordFolder}/${fileNameOf(title)}`, JSON.stringify({ title, rows }));
}

/** `python-4.26.0.json` for `Python 4.26.0`. */
export const fileNameOf = (title: string): string => `${title.toLowerCase().replaceAll(' ', '-')}.json`;

const longest = 90;

function inWords({ execution, text, code }: RunEnd): string {
  const { status, resultStep, textOutput, failure } = execution;
  const result = /"result":(.*),"resultStep"/s.exec(text)?.[1] ?? '';
  const short = result.length > longest ? `${result.slice(0, longest)}… (${result.length} characters)` : result;
  return [
    ...(status === 'COMPLETED' ? [] : [status]),
    ...(failure === null ? [] : [`\`${failure.step}\`: ${failure.message.replaceAll('\n', '<br>')}`]),
    ...(code === undefined ? [] : [`\`${code}\``]),
    ...(status === 'COMPLETED' && code === undefined ? [`\`${short.replaceAll('|', '\\|')}\``] : []),
    ...(resultStep === null ? [] : [`of \`${resultStep}\``]),
    ...(textOutput === null ? [] : [`text: ${textOutput}`]),
  ].join('; ');
}
