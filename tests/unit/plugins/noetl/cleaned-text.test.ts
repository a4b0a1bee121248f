import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cleanedText, storedText } from '../../../../plugins/noetl/cleaned-text.ts';
import { failureText } from '../../../../plugins/noetl/failure-text.ts';
import { processorTimeOf } from '../../../support/processor-time.ts';

const frames = `Traceback (most recent call last):\n  File "/srv/worker/task.py", line 22, in <module>\n    book(token="hunter2")\n    ~~~~^^^^\n`;

describe('an error keeps what it says', () => {
  test.each([
    'please select a date from the calendar, then update your set of guests',
    'route /flights/offers/search is not open; see https://docs.example.com/errors/42',
    'Validation failed:\n - name is required\n - date is in the past',
    'customer 4711 has no credit limit',
    'playbook data/report/daily is missing',
    "select 'Save' from the menu, or delete the row from your list",
    'insert into basket (max 3 items)',
    'delete from cart where items are old',
    'Select your airline from the drop-down (one of 5), then insert it into the form',
    'Cannot delete or update a parent row',
    'could not select a seat from row 12: it is taken',
    'with this file as (attachment) it fails; create a new table in the schema',
    'the token: expired, the password: too short, and the session = over',
    'call https://api.example.com/v1/seats?page_token=2&limit=5 again at 10:30',
    'GET /v1/orders/17/items: 404',
    'no such file: s3://reports/2026/in.csv, gs:// was tried',
    'COPY cannot be used here; DROP INDEX requires that the index has a name',
    'ratio 3/4, and/or both; a@example.com got none',
  ])('%s', (text) => {
    const want = text.replace('session = over', 'session = [hidden]');
    expect(cleanedText(text)).toBe(want);
  });

  test.each([
    ['the exception of a trace', `${frames}ValueError: no credit limit\n`, 'no credit limit'],
    ['with its lines', `${frames}acme.CreditError: Failed:\n - name\n - date\n`, 'Failed:\n - name\n - date'],
    ['the last of two', `${frames}KeyError: 'a'\n\nDuring handling, another:\n\n${frames}ValueError: b`, 'b'],
    [
      'frames without a head',
      `Failed\n  at book (/srv/app/book.js:3:5)\n  at /srv/app/run.js:1:1\nat once`,
      'Failed\nat once',
    ],
    ['a key', "KeyError: 'customer_id'", "KeyError: 'customer_id'"],
    // NoETL stores the text of the exception without its type.
    ['a key without its type', "'customer_id'", "KeyError: 'customer_id'"],
    [
      'of PostgreSQL the message',
      'relation "a" does not exist\nLINE 1: SELECT x FROM a\n            ^;',
      'relation "a" does not exist',
    ],
    ['and not the data', 'duplicate key\nDETAIL:  Key (email)=(a@b.example) already exists.;', 'duplicate key'],
    [
      'of SQLAlchemy the message',
      '(x.Error) no table\n[SQL: SELECT 1\nFROM a]\n[parameters: {"a": 1}]',
      '(x.Error) no table',
    ],
    ['what is around a statement', 'could not run: select * from users where id = 1', 'could not run: [SQL]'],
    ['a path of the server', 'no such file: /var/lib/noetl/data/in.csv', 'no such file: [path]'],
    ['a file of data', "cannot open '/data/in.csv'", "cannot open '[path]'"],
    ['a path of Windows', 'cannot open C:\\noetl\\in.csv now', 'cannot open [path] now'],
    [
      'an address of a database',
      'cannot reach postgres://noetl:pw@db.example.com/noetl now',
      'cannot reach [address] now',
    ],
    ['an address of the cluster', 'GET http://noetl.noetl.svc.cluster.local:8082/api failed', 'GET [address] failed'],
    [
      'a host of the cluster',
      'no answer of noetl.noetl.svc:8082 or 10.0.0.7:5432.',
      'no answer of [address] or [address].',
    ],
    ['a signed address', 'GET https://files.example.com/a?X-Amz-Signature=abc failed', 'GET [address] failed'],
    ['a token', 'bad token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln', 'bad token [hidden]'],
    ['a header', '401 for Authorization: Bearer abcdefgh12345678', '401 for Authorization: [hidden]'],
    ['nothing', ' \n', ''],
  ])('%s', (_name, text, want) => {
    expect(cleanedText(text)).toBe(want);
  });

  test('up to 4 KiB, cut between two characters', () => {
    expect(cleanedText('x'.repeat(4_096))).toBe('x'.repeat(4_096));
    const text = cleanedText('ä€👩'.repeat(1_000));
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(4_096);
    expect(Buffer.byteLength(text)).toBeGreaterThan(4_080);
    expect('ä€👩'.repeat(1_000).startsWith(text.slice(0, -1)) && text.endsWith('…')).toBe(true);
  });

  test('something, where nothing is left', () => {
    expect(failureText(' ')).toBe('the step failed');
  });
});

/** Places of a secret, in the middle of a sentence. */
const places: Readonly<Record<string, (secret: string) => string>> = {
  'the password of an address': (secret) => `postgres://noetl:${secret}@db.example.com/noetl`,
  'the user of an address': (secret) => `https://${secret}@api.example.com/x`,
  'the query of an address': (secret) => `https://api.example.com/x?access_token=${secret}&a=1`,
  'the fragment of an address': (secret) => `https://app.example.com/cb#id_token=${secret}`,
  'a signature of an address': (secret) => `https://files.example.com/x?sig=${secret}`,
  'an address of the cluster': (secret) => `http://noetl.svc.cluster.local:8082/${secret}`,
  'a header': (secret) => `Authorization: Bearer ${secret}${secret}`,
  'a pair': (secret) => `host=db password=${secret} dbname=x`,
  'a quoted pair': (secret) => `{'user': 'ann', 'api_key': '${secret}'}`,
  'a pair of JSON': (secret) => `{"clientSecret": "${secret}", "n": 1}`,
  'a pair of JSON in a text': (secret) => JSON.stringify(`{"token": "two words ${secret}"}`),
  'a pair that is not closed': (secret) => `{"token": "${secret} and more`,
  'the text of a statement': (secret) => `select id from users where pw = '${secret}'`,
  'a statement in capitals': (secret) => `INSERT INTO users (pw) VALUES ('${secret}')`,
  'an update': (secret) => `update users set pw = '${secret}'`,
  'a user of a database': (secret) => `create user ann with password '${secret}'`,
  'a statement of many lines': (secret) => `WITH a AS (\n  SELECT 1 -- '\n)\nSELECT '${secret}' FROM a`,
  'the line of a driver': (secret) => `\nLINE 1: SELEKT '${secret}'\n        ^`,
  'the data of a driver': (secret) => `\nDETAIL:  Failing row contains (1, ${secret}).`,
  'a statement of SQLAlchemy': (secret) => `\n[SQL: SELEKT '${secret}'\n]\n[parameters: ('${secret}',)]`,
  'a frame of Python': (secret) =>
    `\n${frames}    book("${secret}")\n  File "/srv/${secret}.py", line 1, in x\nValueError: no`,
  'a frame without a head': (secret) => `\n  File "/srv/task.py", line 3, in book\n    book("${secret}")\nfailed`,
  'a frame of JavaScript': (secret) => `\n    at book (/srv/${secret}.js:3:5)\nfailed`,
  'a path': (secret) => `/home/${secret}/in.csv`,
  'the address of a callback': (secret) => `/cb/${secret.padEnd(43, 'x').slice(0, 43)} `,
  'a key': (secret) => `-----BEGIN RSA PRIVATE KEY-----\n${secret}\n-----END RSA PRIVATE KEY-----`,
  'a key that is cut off': (secret) => `-----BEGIN PRIVATE KEY-----\n${secret}`,
};

const secrets = fc
  .array(fc.constantFrom(...'abcXYZ019_-'), { minLength: 12, maxLength: 30 })
  .map((signs) => `zq${signs.join('')}7`);
const around = fc.constantFrom(
  '',
  'cannot book',
  'failed:',
  'Error in "x":',
  "it's",
  'ValueError:',
  '42)',
  'see',
  'a\nb',
);

test.each(Object.entries(places))('a secret in %s never comes out', (_name, place) => {
  fc.assert(
    fc.property(secrets, around, around, (secret, before, after) => {
      const text = `${before} ${place(secret)} ${after}`;
      expect(cleanedText(text)).not.toContain(secret.slice(0, 12));
    }),
  );
});

test('it takes time in proportion to what it looks at', () => {
  const nasty = [
    ...[
      'select ',
      "select '",
      'select a from b, ',
      'SELECT a ',
      'update a set ',
      'with a as ( ',
      'insert into a ( a , ',
    ],
    ...['://a:', 'password=', '"token": "', '/a', 'a.', 'a-', 'aa.svc.', '10.', 'eyJ.', '\n', '\n  ', ' '],
    ...['  File "x", line 1\n', '-----BEGIN PRIVATE KEY-----', 'Traceback (most recent call last):\n '],
  ];
  for (const part of nasty) expect(processorTimeOf(() => cleanedText(part.repeat(100_000)))).toBeLessThan(1_500_000);
});

test('a statement is found however many columns it has', () => {
  const columns = Array.from({ length: 500 }, (_, index) => `column${index}`).join(', ');
  expect(cleanedText(`failed: select ${columns}, 'hunter2' from users`)).toBe('failed: [SQL]');
});

test('the stored text is whole but for secrets, up to 64 KiB', () => {
  const text = `${frames}ValueError: no\n[SQL: SELECT 1]\nfile:///srv/x password=hunter2`;
  expect(storedText(text)).toBe(text.replaceAll(/(?<=password=|token=)"?hunter2"?/g, '[hidden]'));
  expect(storedText('x'.repeat(100_000))).toHaveLength(64 * 1024 - 3 + 1);
});
