import { expect, test } from 'vitest';
import { readPolicyCases } from '../../../../../plugins/noetl-auth/access/policy-cases-file.ts';

const read = (text: string) => readPolicyCases(text, 'cases.yaml', ['admin', 'viewer']);

test('a case has roles, a permission or a field, and its line', () => {
  const { cases, problems } = read(
    [
      'cases:',
      '  - { role: viewer, permission: view, playbook: data/x, expect: allowed }',
      '  - { roles: [admin, viewer], field: credentials, expect: denied }',
      '  - { roles: [], field: executions, expect: allowed }',
    ].join('\n'),
  );
  expect(problems).toEqual([]);
  expect(cases).toEqual([
    { roles: ['viewer'], permission: 'view', playbook: 'data/x', expect: 'allowed', source: 'cases.yaml:2' },
    { roles: ['admin', 'viewer'], field: 'credentials', expect: 'denied', source: 'cases.yaml:3' },
    { roles: [], field: 'executions', expect: 'allowed', source: 'cases.yaml:4' },
  ]);
});

test.each([
  ['cases: [', 'cases.yaml:1: '],
  ['grants: []', 'cases.yaml: it must have a list named cases'],
  ['a: &x [1]\ncases: [*x]', 'cases.yaml: anchors and aliases are not allowed'],
  ['cases:\n  - { role: boss, permission: view, expect: allowed }', 'cases.yaml:2: unknown role boss'],
  ['cases:\n  - { role: admin, permission: fly, expect: allowed }', 'cases.yaml:2: unknown permission fly'],
  ['cases:\n  - { role: admin, permission: view, expects: allowed }', 'cases.yaml:2: unknown member expects'],
  ['cases:\n  - { role: admin, permission: view, expect: yes }', 'cases.yaml:2: expect must be allowed or denied'],
  ['cases:\n  - { role: admin, expect: denied }', 'cases.yaml:2: a case has one of permission and field'],
  ['cases:\n  - viewer', 'cases.yaml:2: expect must be allowed or denied'],
])('%j is refused whole, with its place', (text, problem) => {
  const good = text.startsWith('cases:\n')
    ? '\n  - { role: admin, permission: view, playbook: a, expect: allowed }'
    : '';
  const { cases, problems } = read(text + good);
  expect(cases).toEqual([]);
  expect(problems).toEqual([expect.stringContaining(problem)]);
});
