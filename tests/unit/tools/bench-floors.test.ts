import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { belowFloors } from '../../../bench/floors.ts';
import { ratiosOf } from '../../../bench/measure.ts';
import { rows } from '../../../bench/rows.ts';

const floors: Readonly<Record<'atLeast' | 'atMost', Readonly<Record<string, number>>>> = JSON.parse(
  readFileSync('bench/floors.json', 'utf8'),
);

describe('floors of the benchmark', () => {
  test('a ratio below its floor and a figure above its bound are named; what was not measured is not', () => {
    const [ratio = '', floor = 0] = Object.entries(floors.atLeast)[0] ?? [];
    const [figure = '', most = 0] = Object.entries(floors.atMost)[0] ?? [];
    expect(belowFloors({ [ratio]: floor, [figure]: most })).toEqual([]);
    const missed = belowFloors({ [ratio]: floor - 0.01, [figure]: most + 1, other: 0 });
    expect(missed.map((line) => line.split(' is ')[0])).toEqual([ratio, figure]);
  });

  test('each of them is a figure that a run has', () => {
    const ofProcesses = [
      'workers: two over one',
      'start: MiB idle',
      'start: MiB after load',
      'start: processor seconds',
      'generate: processor seconds',
    ];
    const known = [...Object.keys(ratiosOf([[]], rows, false)), ...ofProcesses];
    for (const name of [...Object.keys(floors.atLeast), ...Object.keys(floors.atMost)]) expect(known).toContain(name);
  });
});
