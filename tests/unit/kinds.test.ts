import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

/** Files that once read from an operation's path what it does. They switch on its kind. */
const files = [
  'plugins/operation-kind.ts',
  'gateway/calls/call-plan.ts',
  'plugins/noetl/wire-dialect.ts',
  'gateway/calls/compile-call-plan.ts',
  'gateway/upstream/own-calls.ts',
  'gateway/calls/root-fields.ts',
  'gateway/operations/executable-schema.ts',
  'gateway/operations/answer-operation.ts',
  'generator/table/check-row.ts',
  'generator/diff/exposure-diff.ts',
];

/** A test or a search for a piece of a path: a regular expression with an escaped slash, or text that begins with one. */
const guesses = [
  /\/(?:[^/\n\\]|\\.)*\\\/(?:[^/\n\\]|\\.)*\/[a-z]*[.,;)]/,
  /\b(?:endsWith|includes|match|test|exec)\(\s*['"`/]\//,
];

test.each(files)('%s asks no path what an operation is', (file) => {
  const code = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => !/^\s*(?:\*|\/\*|\/\/|import )/.test(line))
    .join('\n');
  for (const guess of guesses) expect(guess.exec(code)?.[0]).toBeUndefined();
});

test('the expressions above find what was there', () => {
  const before = [
    'const p = /^POST \\S*\\/execute$/;',
    "if (route.endsWith('/executions')) return;",
    "plan.route.includes('/worker/')",
    'if (/^GET \\S*\\/\\{\\}$/.test(call)) return;',
  ];
  for (const line of before) expect(guesses.some((guess) => guess.test(line))).toBe(true);
});
