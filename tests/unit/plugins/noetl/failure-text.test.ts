import { expect, test } from 'vitest';
import { failureSentence, notStored } from '../../../../plugins/noetl/failure-text.ts';

const trace = (last: string) =>
  `Traceback (most recent call last):\n  File "/srv/worker/task.py", line 22, in <module>\n    raise ValueError("x")\n${last}\n`;

test.each([
  ['customer 4711 has no credit limit', 'customer 4711 has no credit limit'],
  [trace('ValueError: customer 4711 has no credit limit'), 'customer 4711 has no credit limit'],
  [trace('acme.errors.CreditError: no limit'), 'no limit'],
  ['first line\nsecond line', 'first line'],
  ['\n\n  indented\n', 'indented'],
  ['relation "flights" does not exist\nLINE 1: SELECT * FROM flights', 'relation "flights" does not exist'],
  ['could not run: SELECT name FROM users WHERE id = 1', 'could not run'],
  ['query failed: INSERT INTO t VALUES (1)', 'query failed'],
  ['no such file: /var/lib/noetl/data/in.csv', 'no such file: [path]'],
  ['cannot reach postgres://noetl:pw@db.example.com:5432/noetl now', 'cannot reach [address] now'],
  ['bad token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln', 'bad token [hidden]'],
  ['401 for Authorization: Bearer abcdefgh12345678', '401 for Authorization: [hidden]'],
  ['playbook data/report/daily is missing', 'playbook data/report/daily is missing'],
  ['select a date first', 'select a date first'],
  ['', 'the step failed'],
  ['SELECT 1 FROM x', 'the step failed'],
  ["Batch event emission failed: Server error '500' for url 'http://noetl.example.com/api/events/batch'", notStored],
])('%j', (text, want) => {
  expect(failureSentence(text)).toBe(want);
});

test('it ends at 300 characters, and a huge text costs no more than its head', () => {
  expect(failureSentence('word '.repeat(1_000_000))).toHaveLength(300);
});
