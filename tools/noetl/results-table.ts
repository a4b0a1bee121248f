import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileNameOf, type ResultRow, recordFolder } from '../../tests/noetl/results-record.ts';

/**
 * Writes the table of `docs/executions.md` from what the last runs against real servers left: `npm run
 * test:noetl-rust`, `npm run test:services -- real-results`. A run without a record has no column.
 */
const page = 'docs/executions.md';
const [begin, end] = ['<!-- results: begin -->', '<!-- results: end -->'];

interface Run {
  readonly title: string;
  readonly rows: readonly ResultRow[];
}

// By title, so that the columns keep their order whichever was run last.
const runs = ['Python 4.26.0', 'Rust 3.54.0 with worker 5.52.0']
  .map((title) => `${recordFolder}/${fileNameOf(title)}`)
  .filter((file) => existsSync(file))
  .map((file) => JSON.parse(readFileSync(file, 'utf8')) as Run);
const first = runs[0];
if (first === undefined) throw new Error(`no run is recorded in ${recordFolder}`);

const gotOf = (run: Run, produces: string) => run.rows.find((row) => row.produces === produces)?.got ?? 'not run';
const lines = [
  `| the playbook produced | ${runs.map(({ title }) => title).join(' | ')} |`,
  `|---|${'---|'.repeat(runs.length)}`,
  ...first.rows.map(({ produces }) => `| ${[produces, ...runs.map((run) => gotOf(run, produces))].join(' | ')} |`),
];
const text = readFileSync(page, 'utf8');
const [from, to] = [text.indexOf(begin), text.indexOf(end)];
if (from < 0 || to < 0) throw new Error(`${page} has no place for the table`);
writeFileSync(page, `${text.slice(0, from + begin.length)}\n${lines.join('\n')}\n${text.slice(to)}`);
