import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { type ClientRow, clientRecords } from '../../tests/support/clients/client-suite.ts';

/**
 * Writes the matrix of `docs/clients.md` from what the last runs of the simulated clients left (`clients.test.ts`).
 * Rows are those of the first record; a run that lacks one shows `not run`.
 */
const page = 'docs/clients.md';
const [begin, end] = ['<!-- clients: begin -->', '<!-- clients: end -->'];

interface Run {
  readonly title: string;
  readonly rows: readonly ClientRow[];
}

const files = existsSync(clientRecords) ? readdirSync(clientRecords).sort() : [];
const runs = files.map((file) => JSON.parse(readFileSync(`${clientRecords}/${file}`, 'utf8')) as Run);
const [first] = runs;
if (first === undefined) throw new Error(`no run is recorded in ${clientRecords}`);

const wordOf = (run: Run, { client, does }: ClientRow): string => {
  const found = run.rows.find((row) => row.client === client && row.does === does);
  if (found === undefined) return 'not run';
  return found.works ? 'works' : 'FAILS';
};
const lines = [
  `| client | does | ${runs.map(({ title }) => title).join(' | ')} |`,
  `|---|---|${'---|'.repeat(runs.length)}`,
  ...first.rows.map((row) => `| ${[row.client, row.does, ...runs.map((run) => wordOf(run, row))].join(' | ')} |`),
];
const text = readFileSync(page, 'utf8');
const [from, to] = [text.indexOf(begin), text.indexOf(end)];
if (from < 0 || to < 0) throw new Error(`${page} has no place for the matrix`);
writeFileSync(page, `${text.slice(0, from + begin.length)}\n${lines.join('\n')}\n${text.slice(to)}`);
