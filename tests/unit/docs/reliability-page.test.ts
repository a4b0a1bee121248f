import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { attacks } from '../../load/chaos/attacks.ts';
import { faults } from '../../load/chaos/faults.ts';

const page = readFileSync('docs/reliability.md', 'utf8');
/** The cells of each row, by the sentence that it begins with. */
const rows = new Map(
  [...page.matchAll(/^\| (.+) \|$/gm)].map(([, row = '']) => {
    const [about = '', ...cells] = row.split(' | ');
    return [about, cells] as const;
  }),
);

describe('docs/reliability.md', () => {
  it.each([...attacks, ...faults].map(({ name, about }) => [name, about]))('has a row for %s', (_name, about) => {
    expect(rows.has(about)).toBe(true);
  });

  it.each(faults.map(({ name, about }) => [name, about]))('%s: nothing lost, nothing twice', (_name, about) => {
    const [, , , lost, twice] = rows.get(about) ?? [];
    expect({ lost, twice }).toEqual({ lost: '0', twice: '0' });
  });
});
