import { describe, expect, test } from 'vitest';
import { canMatch, checkGrants } from '../../../../../plugins/noetl-auth/access/check-grants.ts';
import type { Grant, Permission } from '../../../../../plugins/noetl-auth/access/grant.ts';
import { grant } from '../../../../support/plugin-gateway.ts';
import { processorTimeOf } from '../../../../support/processor-time.ts';

const roles = ['admin', 'analyst'];
const findings = (...grants: Grant[]) => checkGrants(grants, roles);

test('says nothing about grants that mean what they say', () => {
  const fine = [
    grant('allow', 'admin', ['view'], '*'),
    grant('deny', 'admin', ['view'], 'system/*'),
    grant('allow', 'analyst', ['view'], 'data/*'),
    grant('allow', 'analyst', ['execute'], 'data/*'),
    grant('deny', 'analyst', ['view'], 'data/secret/*'),
  ];
  expect(findings(...fine)).toEqual({ problems: [], warnings: [] });
});

describe('problems', () => {
  test.each<[string, Grant, RegExp]>([
    ['an unknown role', grant('allow', 'root', ['view'], '*'), /unknown role root; roles are admin, analyst/],
    [
      'an unknown permission',
      grant('allow', 'admin', ['drop' as Permission], '*'),
      /unknown permission drop; permissions are execute/,
    ],
    ['no permission', grant('allow', 'admin', [], '*'), /names no permission/],
    ['no pattern', grant('allow', 'admin', ['view']), /names no pattern/],
    ['a pattern without a match', grant('deny', 'admin', ['view'], '/system/*'), /no path can match '\/system\/\*'/],
  ])('%s', (_name, given, want) => {
    const { problems } = findings(given);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(want);
    expect(problems[0]).toMatch(/^gateway\.config\.ts:/);
  });

  test.each<[string, Grant, RegExp]>([
    [
      'an exception without a match',
      { ...grant('allow', 'admin', ['view'], '*'), except: ['/system/*'] },
      /no path can match '\/system\/\*'/,
    ],
    [
      'exceptions on a deny',
      { ...grant('deny', 'admin', ['view'], '*'), except: ['data/*'] },
      /deny takes no exceptions/,
    ],
  ])('%s', (_name, given, want) => {
    expect(findings(given).problems).toEqual([expect.stringMatching(want)]);
  });

  test('an allow whose pattern no path can match opens nothing, which is a note', () => {
    const { problems, warnings } = findings(grant('allow', 'admin', ['view'], '/data/*'));
    expect(problems).toEqual([]);
    expect(warnings).toContainEqual(expect.stringMatching(/^gateway\.config\.ts:.*no path can match '\/data\/\*'$/));
  });

  test('without a source, the place is the number of the grant', () => {
    expect(findings({ ...grant('allow', 'root', ['view'], '*'), source: undefined }).problems[0]).toMatch(
      /^grants\[0\]: /,
    );
  });
});

describe('a pattern of another tool', () => {
  const foreign = [
    'data/{payroll,hr}/*',
    'payroll-?/*',
    'data/[a-z]/*',
    '^data/*',
    'data/*$',
    'a|b',
    '(a)/*',
    '!data/*',
  ];

  test.each(foreign)('%s is a problem in a deny and in an exception, and a note in an allow', (pattern) => {
    const want = [expect.stringMatching(/^gateway\.config\.ts:.* is no wildcard here, only \* and % are/)];
    const denied = findings(grant('deny', 'analyst', ['view'], pattern));
    expect(denied.problems).toEqual(want);
    expect(findings({ ...grant('allow', 'analyst', ['view'], '*'), except: [pattern] }).problems).toEqual(want);
    const allowed = findings(grant('allow', 'analyst', ['view'], pattern));
    expect(allowed).toEqual({ problems: [], warnings: want });
  });

  test.each(['data/a+b', 'Data/x', 'data/a!b', 'data/100%', 'data/a_b.c~d'])('%s is not', (pattern) => {
    expect(findings(grant('deny', 'analyst', ['view'], pattern)).problems).toEqual([]);
  });
});

describe('a deny that leaves its role with nothing', () => {
  const nothing = expect.stringMatching(/it leaves the role analyst with nothing/);
  const allowed = grant('allow', 'analyst', ['view', 'execute'], 'data/*');

  test('is noted, once, also when several do', () => {
    const all = grant('deny', 'analyst', ['view', 'execute'], '*');
    expect(findings(allowed, all).warnings.filter((line) => /with nothing/.test(line))).toEqual([nothing]);
    const [view, execute] = [grant('deny', 'analyst', ['view'], '*'), grant('deny', 'analyst', ['execute'], 'data/*')];
    expect(findings(allowed, view, execute).warnings.filter((line) => /with nothing/.test(line))).toEqual([nothing]);
  });

  test('is not noted while something is left, nor of a role without grants', () => {
    expect(findings(allowed, grant('deny', 'analyst', ['view'], '*')).warnings).toEqual([]);
    expect(findings(grant('deny', 'analyst', ['view'], '*')).warnings).toEqual([]);
  });
});

test.each([
  ['*', true],
  ['%', true],
  ['data/*', true],
  ['*/x', true],
  ['.*', true],
  ['a/.%', true],
  ['a{*{b', true],
  [`${'a'.repeat(1024)}*`, true],
  ['', false],
  ['/a', false],
  ['a/', false],
  ['*/', false],
  ['a//*', false],
  ['a/../*', false],
  [' a*', false],
  ['a\\*', false],
  ['{{*', false],
  [`${'a'.repeat(1025)}*`, false],
])('some path matches %s: %s', (pattern, want) => {
  expect(canMatch(pattern)).toBe(want);
});

describe('warnings', () => {
  test('an allow under a deny', () => {
    const { warnings } = findings(
      grant('deny', 'analyst', ['view', 'edit'], 'system/*'),
      grant('allow', 'analyst', ['view'], 'system/logs/*'),
      grant('allow', 'analyst', ['view'], 'data/*'),
    );
    expect(warnings).toEqual([expect.stringMatching(/allows nothing/)]);
  });

  test('an allow whose permissions are denied in part only: no warning', () => {
    const { warnings } = findings(
      grant('deny', 'analyst', ['edit'], 'system/*'),
      grant('allow', 'analyst', ['view', 'edit'], 'system/logs/*'),
    );
    expect(warnings).toEqual([]);
  });

  test('a deny of another role: no warning', () => {
    const { warnings } = findings(grant('deny', 'admin', ['view'], '*'), grant('allow', 'analyst', ['view'], 'data/*'));
    expect(warnings).toEqual([]);
  });

  test.each([
    [
      'an exception that the grant does not reach',
      ['data/*'],
      ['system/*'],
      [/exception 'system\/\*' changes nothing/],
    ],
    ['an exception in part of the grant', ['data/*'], ['*/raw/*'], []],
    ['an exception wider than the grant', ['data/*'], ['*'], [/allows nothing: its exceptions/]],
    ['exceptions that take one of two patterns', ['data/*', 'jobs/*'], ['jobs/*'], []],
  ] as const)('%s', (_name, patterns, except, want) => {
    const { warnings } = findings({ ...grant('allow', 'analyst', ['view'], ...patterns), except });
    expect(warnings).toEqual(want.map((text) => expect.stringMatching(text)));
  });

  test.each([
    ['adds what the one before it leaves out', ['system/*'], 'system/logs/*', undefined, 0],
    ['adds nothing beside the exceptions of the one before it', ['system/*'], 'data/*', undefined, 1],
    ['adds what only part of leaves out', ['*/raw'], 'data/*', undefined, 0],
    ['adds nothing with the same exceptions', ['*/raw'], 'data/*', ['*/raw'], 1],
  ] as const)('a grant that %s', (_name, except, pattern, own, count) => {
    const second = grant('allow', 'analyst', ['view'], pattern);
    const { warnings } = findings(
      { ...grant('allow', 'analyst', ['view'], '*'), except },
      own === undefined ? second : { ...second, except: own },
    );
    expect(warnings).toHaveLength(count);
  });

  test('a grant after one that says as much', () => {
    const { warnings } = findings(
      grant('allow', 'analyst', ['view', 'execute'], 'data/*'),
      grant('allow', 'analyst', ['view'], 'data/reports/*'),
    );
    expect(warnings).toEqual([expect.stringMatching(/adds nothing/)]);
  });
});

test('ten thousand grants are checked in moments', () => {
  const many = Array.from({ length: 10_000 }, (_, n) => grant('allow', 'analyst', ['view'], `data/${n}/*`));
  const check = () => expect(checkGrants(many, roles)).toEqual({ problems: [], warnings: [] });
  expect(processorTimeOf(check, 1)).toBeLessThan(5_000_000);
});
