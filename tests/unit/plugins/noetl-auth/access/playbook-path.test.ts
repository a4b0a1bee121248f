import { expect, test } from 'vitest';
import { parsePlaybookPath } from '../../../../../plugins/noetl-auth/access/playbook-path.ts';

test.each([
  'hello',
  'api_integration/amadeus_ai_api',
  'a/.b/..c/d.',
  'a/...',
  'a b/c d',
  'ünïcode/пример',
  'a{b}/c}}',
  'a:b@c+d~e',
  `${'a'.repeat(511)}/${'b'.repeat(512)}`,
])('normal form: %s', (path) => {
  expect(parsePlaybookPath(path)).toBe(path);
});

test.each([
  ['', 'nothing'],
  ['/a', 'leading slash'],
  ['a/', 'trailing slash'],
  ['/', 'slash alone'],
  ['a//b', 'empty segment'],
  ['.', 'dot'],
  ['..', 'two dots'],
  ['./a', 'dot first'],
  ['a/.', 'dot last'],
  ['a/./b', 'dot segment'],
  ['../a', 'two dots first'],
  ['a/..', 'two dots last'],
  ['a/../b', 'two dots segment'],
  [' a', 'leading blank'],
  ['a ', 'trailing blank'],
  ['a\u00a0', 'trailing no-break space'],
  ['\ufeffa', 'byte order mark'],
  ['a\u0000b', 'control character'],
  ['a\u001fb', 'last control character'],
  ['a\u007fb', 'delete'],
  ['a\u0080b', 'first of the second row of control characters'],
  ['a\u009fb', 'last of the second row of control characters'],
  ['a\u2028b', 'line separator'],
  ['a\u2029b', 'paragraph separator'],
  ['a\nb', 'line break'],
  ['a%2fb', 'percent-escape'],
  ['a\\b', 'backslash'],
  ['{{ a }}', 'template expression'],
  ['a{%b', 'template statement'],
  ['a{#b', 'template comment'],
  ['a\ud800b', 'lone surrogate'],
  ['a'.repeat(1025), 'too long'],
])('refused: %j (%s)', (path) => {
  expect(parsePlaybookPath(path)).toBeUndefined();
});
