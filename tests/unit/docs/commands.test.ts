import { readdirSync, readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { createProgram } from '../../../cli/program.ts';

const pages = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync('docs').flatMap((name) => (name.endsWith('.md') ? [`docs/${name}`] : [])),
];

/** `noetl-gateway <command> …`, or the script of that name, up to the end of the code that it is in. */
const called = /(?:noetl-gateway|npm run(?: --silent)?) ([a-z]+)((?:[^\S\n]+[^`\n#|;&]*)?)/g;

interface Call {
  readonly page: string;
  readonly name: string;
  readonly words: readonly string[];
}

const calls: readonly Call[] = pages.flatMap((page) =>
  [...readFileSync(page, 'utf8').matchAll(called)].map(([, name = '', rest = '']) => ({
    ...{ page, name, words: rest.trim().split(/\s+/) },
  })),
);

/** The command that the words name, with its subcommand where it has some. */
function commandOf({ name, words }: Call, program: Command): Command | undefined {
  const command = program.commands.find((each) => each.name() === name);
  return command?.commands.find((each) => words.includes(each.name())) ?? command;
}

test('every option that a page gives to a command is one of its options', async () => {
  const program = await createProgram();
  const unknown = calls.flatMap((call) => {
    const command = commandOf(call, program);
    const options = new Set(['--', '--help', ...(command?.options ?? []).flatMap(({ long, short }) => [long, short])]);
    const given = call.words.map((word) => word.split('=', 1)[0] ?? '').filter((word) => /^--?\w/.test(word));
    return command === undefined
      ? []
      : given.filter((word) => !options.has(word)).map((word) => `${call.page}: ${call.name} ${word}`);
  });
  expect(unknown).toEqual([]);
  expect(
    calls.filter((call) => commandOf(call, program) !== undefined && call.words.length > 1).length,
  ).toBeGreaterThan(20);
});

describe('commands for operators', () => {
  const pages = ['runbook.md', 'operate.md', 'deploy.md'].map((name) => readFileSync(`docs/${name}`, 'utf8'));

  test('read the logs of all pods, whole', () => {
    const logs = pages.flatMap((page) => page.match(/kubectl [^`\n]*\blogs\b[^`|\n]*/g) ?? []);
    expect(logs.length).toBeGreaterThan(2);
    for (const command of logs) expect(command).toMatch(/ -l app\.kubernetes\.io\/name=noetl-gateway --tail=-1 /);
  });

  test('run in the image, which has no npx of the project and one command on its path', () => {
    expect(pages.join()).not.toContain('npx noetl-gateway');
    const dockerfile = readFileSync('Dockerfile', 'utf8');
    expect(dockerfile).toContain('exec node /app/dist/cli/main.js "$@"\\n\' > /usr/local/bin/noetl-gateway');
    const executed = pages.flatMap((page) => page.match(/kubectl [^`\n]*\bexec\b[^`\n]*/g) ?? []);
    expect(executed.length).toBeGreaterThan(2);
    for (const command of executed) expect(command).toMatch(/ -- (?:sh -c ')?noetl-gateway /);
  });
});
