import { describe, expect, test } from 'vitest';
import {
  formFields,
  moreName,
  playbookAddress,
  playbookAt,
  readForm,
  workloadFields,
} from '../../../../web/console/api/playbooks.ts';

const fields = workloadFields({
  query: 'SFO to JFK',
  text: 'a\nb',
  limit: 5,
  dry: false,
  options: { a: [1] },
  nothing: null,
});

describe('the form of a workload', () => {
  test('has a field by the example of each member', () => {
    expect(fields.map(({ name, kind }) => `${name} ${kind}`)).toEqual([
      'query text',
      'text long',
      'limit number',
      'dry flag',
      'options json',
      'nothing json',
    ]);
    expect([workloadFields(null), workloadFields([1]), workloadFields('x')]).toEqual([[], [], []]);
  });

  test('sends what differs from the playbook, in its type, and more variables', () => {
    const texts = { query: 'a', limit: '6.5', dry: 'true', options: '{"a":2}', nothing: 'null', [moreName]: '{"x":1}' };
    expect(readForm(fields, texts)).toEqual({
      variables: { query: 'a', limit: 6.5, dry: true, options: { a: 2 }, x: 1 },
    });
    expect(readForm(fields, {})).toEqual({ variables: {} });
  });

  test('names every field that cannot be read', () => {
    expect(readForm(fields, { limit: ' ', options: '{', [moreName]: '[1]' })).toEqual({
      problems: {
        limit: 'Enter a number.',
        options: 'This is not JSON.',
        [moreName]: expect.stringContaining('JSON object'),
      },
    });
    expect(readForm(fields, { limit: 'Infinity' })).toHaveProperty('problems.limit');
  });
});

describe('the form that NoETL has of a playbook', () => {
  const form = [
    { name: 'mode', kind: 'enum', default: 'fast', options: ['fast', 'safe', 3], description: 'How to run.' },
    { name: 'password', kind: 'string', default: 'secret', secret: true },
    { name: 'limit', kind: 'integer', default: 5 },
    { name: 'db', kind: 'string', default: 'pg_main', credentialGlob: 'pg_*' },
    { name: 'note', kind: 'null', default: null },
  ];
  const shown = formFields({ mode: 'fast', password: 'secret', limit: 5, db: 'pg_main', other: true }, form);

  test('names choices, hints and credentials, hides secrets, and keeps what it does not have', () => {
    expect(shown.map(({ name, kind }) => `${name} ${kind}`)).toEqual([
      ...['mode choice', 'password text', 'limit number', 'db text', 'note json', 'other flag'],
    ]);
    expect(JSON.stringify(shown)).not.toContain('secret"');
    expect(shown[0]).toMatchObject({ hint: 'How to run.', text: 'fast' });
    expect(shown[3]?.hint).toBe('Name of a credential such as pg_*.');
    expect(formFields({ limit: 1 })).toEqual(workloadFields({ limit: 1 }));
  });

  test('sends a choice in its type, and a secret only when one is entered', () => {
    expect(readForm(shown, { mode: '3', password: '' })).toEqual({ variables: { mode: 3 } });
    expect(readForm(shown, { password: 'new' })).toEqual({ variables: { password: 'new' } });
  });
});

test('a playbook has an address, whatever its path', () => {
  for (const path of ['data/report', 'a b/ä?#%', 'x']) expect(playbookAt(playbookAddress(path))).toBe(path);
  expect([
    playbookAt('/console/playbooks'),
    playbookAt('/console/playbooks/'),
    playbookAt('/console/playbooks/%'),
  ]).toEqual(Array(3).fill(undefined));
});
