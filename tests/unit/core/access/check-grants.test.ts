import { describe, expect, test } from 'vitest';
import { canMatch, checkGrants } from '../../../../core/access/check-grants.ts';
import type { Grant } from '../../../../core/access/grant.ts';
import type { Permission } from '../../../../core/access/permission.ts';
import { grant } from '../../../support/plugin-gateway.ts';

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
    ['an unknown role', grant('allow', 'root', ['view'], '*'), /no role root; roles are admin, analyst/],
    [
      'an unknown permission',
      grant('allow', 'admin', ['drop' as Permission], '*'),
      /no permission drop; permissions are execute/,
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

  test('without a source, the place is the number of the grant', () => {
    expect(findings({ ...grant('allow', 'root', ['view'], '*'), source: undefined }).problems[0]).toMatch(
      /^grants\[0\]: /,
    );
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
    );
    expect(warnings).toEqual([expect.stringMatching(/allows nothing/)]);
  });

  test('an allow whose permissions are denied in part only is none', () => {
    const { warnings } = findings(
      grant('deny', 'analyst', ['edit'], 'system/*'),
      grant('allow', 'analyst', ['view', 'edit'], 'system/logs/*'),
    );
    expect(warnings).toEqual([]);
  });

  test('a deny of another role is none', () => {
    const { warnings } = findings(grant('deny', 'admin', ['view'], '*'), grant('allow', 'analyst', ['view'], 'data/*'));
    expect(warnings).toEqual([]);
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
  const start = performance.now();
  expect(checkGrants(many, roles)).toEqual({ problems: [], warnings: [] });
  expect(performance.now() - start).toBeLessThan(5_000);
});
