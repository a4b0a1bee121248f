import { describe, expect, test } from 'vitest';
import { readPolicy } from '../../../../../plugins/noetl-auth/access/policy-file.ts';

const roles = ['admin', 'dev'];
const read = (text: string) => readPolicy(text, 'policy.yaml', roles);

test('YAML: grants with their lines', () => {
  const { grants, problems } = read(`grants:
  - role: admin
    allow: all
    patterns: '*'
  - { role: dev, allow: [view, modify], patterns: [data/*], except: data/raw/* }
  - role: dev
    deny: [execute]
    patterns: system/*
`);
  expect(problems).toEqual([]);
  expect(grants).toMatchObject([
    { effect: 'allow', role: 'admin', patterns: ['*'], source: 'policy.yaml:2' },
    { permissions: ['view', 'edit'], patterns: ['data/*'], except: ['data/raw/*'], source: 'policy.yaml:5' },
    { effect: 'deny', permissions: ['execute'], source: 'policy.yaml:6' },
  ]);
  expect(grants[0]).not.toHaveProperty('except');
});

test('JSON is read too', () => {
  const grants = [{ role: 'admin', allow: 'all', patterns: '*' }];
  expect(read(JSON.stringify({ grants })).grants).toHaveLength(1);
});

describe('a file is refused, with the place', () => {
  test.each([
    ['not YAML', 'grants: [', /^policy\.yaml:1: /],
    ['no list', 'grants: {}', /list named grants/],
    ['empty', '', /list named grants/],
    ['an unknown member', 'grant: []\ngrants: []', /unknown member grant;/],
    [
      'a misspelt exception',
      "grants:\n  - {role: dev, allow: all, patterns: '*', exept: x}",
      /:2: unknown member exept/,
    ],
    ['neither allow nor deny', "grants:\n  - {role: dev, patterns: '*'}", /one of allow and deny/],
    ['both', "grants:\n  - {role: dev, allow: all, deny: all, patterns: '*'}", /one of allow and deny/],
    ['a permission that is unknown', "grants:\n  - {role: dev, allow: [fly], patterns: '*'}", /allow must be all/],
    ['patterns that are no texts', 'grants:\n  - {role: dev, allow: all, patterns: [1]}', /patterns must be/],
    [
      'an exception that is no text',
      "grants:\n  - {role: dev, allow: all, patterns: '*', except: null}",
      /except must be/,
    ],
    ['an unknown role', "grants:\n  - {role: root, allow: all, patterns: '*'}", /:2: unknown role root/],
    [
      'a deny in the patterns of another tool',
      "grants:\n  - {role: dev, deny: all, patterns: 'data/{payroll,hr}/*'}",
      /no wildcard here/,
    ],
    ['a pattern without a match', 'grants:\n  - {role: dev, deny: all, patterns: /x}', /no path can match/],
    ['an alias', "grants:\n  - &a {role: dev, allow: all, patterns: '*'}\n  - *a", /aliases are not allowed/],
    ['a member twice', "grants:\n  - {role: dev, role: admin, allow: all, patterns: '*'}", /unique/],
    ['a role that is no text', "grants:\n  - {role: 1, allow: all, patterns: '*'}", /:2: role must be a text/],
    [
      'permissions that are a text',
      "grants:\n  - {role: dev, allow: view, patterns: '*'}",
      /allow must be all, or a list of execute, view, edit, delete/,
    ],
    [
      'one unknown permission among others',
      "grants:\n  - {role: dev, deny: [view, 1], patterns: '*'}",
      /deny must be all/,
    ],
    ['no patterns', 'grants:\n  - {role: dev, allow: all}', /patterns must be/],
    ['one pattern that is no text', 'grants:\n  - {role: dev, allow: all, patterns: [a, 1]}', /patterns must be/],
    ['a row that is a list', 'grants: [[x]]', /:1: a grant has the members role, allow, deny, patterns, except$/],
    ['a row that is null', 'grants: [null]', /a grant has the members/],
    ['a row that is a text', 'grants: [x]', /a grant has the members/],
  ])('%s', (_name, text, want) => {
    const { problems, grants } = read(text);
    expect(problems.join('\n')).toMatch(want);
    if (!/unknown role|no path can match|no wildcard/.test(want.source)) expect(grants).toEqual([]);
  });

  test('each problem of a grant is named once, and no other', () => {
    const { problems } = read("grants:\n  - {role: 1, allow: [fly], patterns: '*', exept: x}");
    expect(problems).toEqual([
      'policy.yaml:2: unknown member exept; members are role, allow, deny, patterns, except',
      'policy.yaml:2: role must be a text',
      'policy.yaml:2: allow must be all, or a list of execute, view, edit, delete',
    ]);
  });
});
