import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { belowFloors, median, ratiosOf } from '../../load/bench/figures.ts';
import { rows } from '../../load/bench/rows.ts';

const floors: Readonly<Record<'atLeast' | 'atMost', Readonly<Record<string, number>>>> = JSON.parse(
  readFileSync('tests/load/bench/floors.json', 'utf8'),
);

describe('floors of the benchmark', () => {
  const { atLeast, atMost } = floors;
  const atBounds = { ...atLeast, ...atMost };
  const ratio = 'executePlaybook: gateway/proxy';
  const figure = 'start: MiB idle';

  test('figures at their bounds hold', () => {
    expect(belowFloors(atBounds, () => true)).toEqual([]);
  });

  test('a ratio below its floor and a figure above its bound are named, with both', () => {
    const [floor = 0, most = 0] = [atLeast[ratio], atMost[figure]];
    const figures = { ...atBounds, [ratio]: floor - 0.1, [figure]: most + 1, other: 0 };
    expect(belowFloors(figures, () => true)).toEqual([
      `${ratio} is ${floor - 0.1}, below ${floor}`,
      `${figure} is ${most + 1}, above ${most}`,
    ]);
  });

  test.each([undefined, Number.NaN, Number.POSITIVE_INFINITY])('a figure that is %s is missed', (none) => {
    const figures = { ...atBounds, [ratio]: none, [figure]: none } as Record<string, number>;
    expect(belowFloors(figures, () => true)).toEqual([`${ratio} has no figure`, `${figure} has no figure`]);
  });

  test('a row that was not run is not asked about', () => {
    expect(belowFloors({}, () => false)).toEqual([]);
    const lines = belowFloors({}, (row) => row === 'list of 20 KB');
    expect(lines).toEqual([
      'list of 20 KB: gateway/proxy has no figure',
      'list of 20 KB: gateway/incumbent has no figure',
      'list of 20 KB: plugin/gateway has no figure',
      'list of 20 KB: p99 gateway/proxy has no figure',
    ]);
  });

  test.each([
    [[3, 1, 2], 2],
    [[], Number.NaN],
    [[0.1, Number.NaN, 0.2], Number.NaN],
  ])('the median of %j is %d', (numbers, want) => {
    expect(median(numbers)).toBe(want);
  });

  test('each of them is a figure that a run has', () => {
    const ofStart = ['start: MiB idle', 'start: MiB after load', 'start: processor seconds'];
    const known = [...Object.keys(ratiosOf([[]], rows, true)), ...ofStart];
    for (const name of [...Object.keys(floors.atLeast), ...Object.keys(floors.atMost)]) expect(known).toContain(name);
  });
});
