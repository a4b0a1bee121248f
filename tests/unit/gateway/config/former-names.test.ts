import { describe, expect, test } from 'vitest';
import { deprecationOf, hasExpired, withFormerNames } from '../../../../gateway/config/former-names.ts';
import { role } from '../../../../plugins/noetl-auth/access/access-rule.ts';

test.each([
  ['2026-12-31', 'Use things. This name works until 2026-12-31.'],
  ['1.2', 'Use things. This name works until version 1.2.'],
])('the reason of a deprecation names the new name and the end: %s', (until, want) => {
  expect(deprecationOf('things', until)).toBe(want);
});

describe('a former name is over', () => {
  test.each([
    ['2026-06-01', '2026-05-31', '9.0.0', false],
    ['2026-06-01', '2026-06-01', '0.1.0', true],
    ['2026-06-01', '2026-06-02', '0.1.0', true],
    ['1.2.3', '2030-01-01', '1.2.2', false],
    ['1.2.3', '2000-01-01', '1.2.3', true],
    ['1.2.3', '2000-01-01', '1.2.4', true],
    ['1.2.3', '2030-01-01', '1.1.9', false],
    ['1.2.3', '2000-01-01', '1.10.0', true],
    ['1.2.3', '2030-01-01', '0.9.9', false],
    ['1.2.3', '2000-01-01', '2.0.0', true],
    ['1.2', '2000-01-01', '1.2.0', true],
    ['1.2', '2030-01-01', '1.1.9', false],
    ['2', '2000-01-01', '2.0.0-rc.1', true],
    ['1.2.3.4', '2000-01-01', '1.2.3', true],
  ])('until %s, on %s with version %s: %s', (until, date, version, want) => {
    expect(hasExpired(until, { date, version })).toBe(want);
  });
});

describe('a config with former names', () => {
  const upstream = { upstream: 'GET /api/things', access: role('admin'), rest: true, formerNames: { items: '2.0' } };
  const own = {
    gateway: 'mutation',
    sdl: 'endThings(things: String, endThings2: Int): Boolean!\n"endThings ends."',
    access: role('admin'),
    resolve: async () => true,
    formerNames: { closeThings: '2027-01-01', stopThings: '3' },
  };
  // Rows as a config may have them; their further members do not matter here.
  const config = (operations: Record<string, unknown>) =>
    ({ operations }) as unknown as Parameters<typeof withFormerNames>[0];

  test('has a row for each: the same operation under the same rule, deprecated and without a REST route', () => {
    const { operations } = withFormerNames(config({ things: upstream }));
    expect(operations).toEqual({
      things: upstream,
      items: {
        upstream: 'GET /api/things',
        access: role('admin'),
        deprecated: 'Use things. This name works until version 2.0.',
        until: '2.0',
        rest: false,
      },
    });
  });

  test('the field of an own row is renamed, and no other word of its declaration', () => {
    const { operations } = withFormerNames(config({ endThings: own }));
    const rows = operations as unknown as Record<string, { readonly sdl: string; readonly until: string }>;
    expect(Object.keys(rows)).toEqual(['endThings', 'closeThings', 'stopThings']);
    expect(rows['closeThings']?.sdl).toBe('closeThings(things: String, endThings2: Int): Boolean!\n"endThings ends."');
    expect(rows['closeThings']).toMatchObject({ until: '2027-01-01', access: role('admin') });
    expect(rows['closeThings']).not.toHaveProperty('rest');
    expect(rows['closeThings']).not.toHaveProperty('formerNames');
  });

  test('a name that another row has is left to that row', () => {
    const items = { upstream: 'GET /api/items', access: role('dev') };
    expect(withFormerNames(config({ things: upstream, items })).operations).toEqual({ things: upstream, items });
  });

  test('done twice it changes nothing; without former names it is the same config', () => {
    const once = withFormerNames(config({ things: upstream }));
    expect(withFormerNames(once)).toBe(once);
    const plain = config({ things: { upstream: 'GET /api/things', access: role('admin') } });
    expect(withFormerNames(plain)).toBe(plain);
  });
});
