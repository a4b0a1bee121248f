// Fails when a file uses a word that docs/style.md replaces by a better one. Files that were written before the rule
// are listed in exceptions.txt; a file leaves the list when it is brought to the rule, and no file is added. With
// --update it removes the lines that are no longer needed.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { findWords, readWordRules } from './find-words.ts';

const stylePage = 'docs/style.md';
const exceptionsFile = 'tools/prose/exceptions.txt';

/** Text that we write. What is generated is written by emitters, which are checked; what is recorded is not ours. */
const isOurs = (file: string): boolean =>
  (/\.(?:ts|js|md|sh|py|yml)$/.test(file) || ['.ci/run', 'Dockerfile'].includes(file)) &&
  !/(?:^|\/)(?:generated|golden|fixtures)\//.test(file) &&
  !/^(?:openapi|deploy|client|tools\/prose|\.changeset)\//.test(file) &&
  file !== stylePage;

const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], {
  encoding: 'utf8',
});
const files = listed.split('\0').filter((file) => isOurs(file) && existsSync(file));
const lines = readFileSync(exceptionsFile, 'utf8').trimEnd().split('\n');
const exceptions = new Set(lines.filter((line) => !line.startsWith('#')));
const rules = readWordRules(readFileSync(stylePage, 'utf8'));
const found = new Map(files.map((file) => [file, findWords(readFileSync(file, 'utf8'), rules)]));

// A file that is clean must leave the list, so that it stays clean.
const needless = [...exceptions].filter((file) => (found.get(file) ?? []).length === 0);

if (process.argv.includes('--update')) {
  writeFileSync(exceptionsFile, `${lines.filter((line) => !needless.includes(line)).join('\n')}\n`);
  for (const file of needless) exceptions.delete(file);
  needless.length = 0;
}

const problems = [
  ...[...found].flatMap(([file, words]) =>
    exceptions.has(file) ? [] : words.map(({ line, word, write }) => `${file}:${line}: "${word}": write ${write}`),
  ),
  ...needless.map((file) => `${exceptionsFile}: ${file} needs no line any more: run npm run prose -- --update`),
];
for (const problem of problems) console.error(problem);
if (problems.length > 0) {
  console.error(`\n${problems.length} to fix; ${stylePage} explains the words`);
  process.exitCode = 1;
}
