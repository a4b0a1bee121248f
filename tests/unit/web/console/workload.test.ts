import { describe, expect, test } from 'vitest';
import { playbookAddress, playbookAt } from '../../../../web/console/api/playbooks.ts';
import { moreName, readForm, workloadFields } from '../../../../web/console/api/workload.ts';

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

test('a playbook has an address, whatever its path', () => {
  for (const path of ['data/report', 'a b/ä?#%', 'x']) expect(playbookAt(playbookAddress(path))).toBe(path);
  expect([
    playbookAt('/console/playbooks'),
    playbookAt('/console/playbooks/'),
    playbookAt('/console/playbooks/%'),
  ]).toEqual(Array(3).fill(undefined));
});
