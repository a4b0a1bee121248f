// Writes tables of the docs from what the last runs left: `clients`, the matrix of docs/clients.md, by the simulated
// clients; `results`, the table of docs/executions.md, by the runs against real servers (`npm run test:noetl-rust`,
// `npm run test:services -- real-results`).
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { fileNameOf, type ResultRow, recordFolder } from '../../tests/noetl/results-record.ts';
import { type ClientRow, clientRecords } from '../../tests/support/clients/client-suite.ts';

interface Run<Row> {
  readonly title: string;
  readonly rows: readonly Row[];
}

const [name] = process.argv.slice(2);
if (name === 'clients') writeClients();
else if (name === 'results') writeResults();
else throw new Error('name the table: clients or results');

/** Rows are those of the first record; a run that lacks one shows `not run`. */
function writeClients(): void {
  const files = existsSync(clientRecords) ? readdirSync(clientRecords).sort() : [];
  const runs = readRuns<ClientRow>(clientRecords, files);
  const wordOf = (run: Run<ClientRow>, { client, does }: ClientRow): string => {
    const found = run.rows.find((row) => row.client === client && row.does === does);
    if (found === undefined) return 'not run';
    return found.works ? 'works' : 'FAILS';
  };
  writeTable('docs/clients.md', 'clients', ['client', 'does'], runs, (row) => [
    ...[row.client, row.does],
    ...runs.map((run) => wordOf(run, row)),
  ]);
}

/** A run without a record has no column. The columns keep their order whichever was run last. */
function writeResults(): void {
  const files = ['Python 4.26.0', 'Rust 3.83.1', 'Rust 3.54.0'].map(fileNameOf);
  const runs = readRuns<ResultRow>(
    recordFolder,
    files.filter((file) => existsSync(`${recordFolder}/${file}`)),
  );
  writeTable('docs/executions.md', 'results', ['the playbook produced'], runs, ({ produces }) => [
    produces,
    ...runs.map((run) => run.rows.find((row) => row.produces === produces)?.got ?? 'not run'),
  ]);
}

function readRuns<Row>(folder: string, files: readonly string[]): readonly Run<Row>[] {
  if (files.length === 0) throw new Error(`no run is recorded in ${folder}`);
  return files.map((file) => JSON.parse(readFileSync(`${folder}/${file}`, 'utf8')) as Run<Row>);
}

/** @param mark names the comments of the page that the table is between */
function writeTable<Row>(
  page: string,
  mark: string,
  head: readonly string[],
  runs: readonly Run<Row>[],
  cellsOf: (row: Row) => readonly string[],
): void {
  const columns = [...head, ...runs.map(({ title }) => title)];
  const rowOf = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const rows = runs[0]?.rows.map((row) => rowOf(cellsOf(row))) ?? [];
  const table = [rowOf(columns), `|${'---|'.repeat(columns.length)}`, ...rows].join('\n');
  const [begin, end] = [`<!-- ${mark}: begin -->`, `<!-- ${mark}: end -->`];
  const text = readFileSync(page, 'utf8');
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < 0) throw new Error(`${page} has no place for the table`);
  writeFileSync(page, `${text.slice(0, from + begin.length)}\n${table}\n${text.slice(to)}`);
}
