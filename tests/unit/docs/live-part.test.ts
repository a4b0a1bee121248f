import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type LiveFigures, livePart, withLiveRow } from '../../load/reliability-page.ts';

const page = readFileSync('docs/reliability.md', 'utf8');
const figures: LiveFigures = {
  ...{ clients: 10, rate: 1, seconds: 5, store: 'redis', faults: 'none', dropped: 2, load: 1.2, callsPerSecond: 3.4 },
  ...{ started: 5, lost: 0, doubled: 0, repeated: { ERR_STORE: 2 }, unheard: 1, delaysMs: [10, 20, 30] },
  reading: {
    ...{ healthMedianMs: 1, healthMaxMs: 2, healthFailures: 0, refusedQueries: 0 },
    ...{ startMiB: 50, peakMiB: 60, kernelMiB: 1 },
  },
};
const tableRows = (text: string) => livePart(text).match(/^\| .*$/gm) ?? [];

test('a run has one row, and the others stay', () => {
  const before = tableRows(page);
  const once = withLiveRow(page, figures);
  expect(tableRows(once)).toHaveLength(before.length + 1);
  const again = withLiveRow(once, { ...figures, lost: 7 });
  expect(tableRows(again).slice(0, -1)).toEqual(before);
  expect(tableRows(again).at(-1)).toContain('| 5 in 5 s | 2 | 7 | 0 | 2 × ERR_STORE | 1 | 20, 30, 30 ms | 3 |');
  expect(again.replace(livePart(again), '')).toBe(page.replace(livePart(page), ''));
});

test('what the runs of the page have lost or doubled is nothing', () => {
  const rows = tableRows(page).slice(1);
  for (const row of rows) expect(row.split(' | ').slice(3, 5)).toEqual(['0', '0']);
});
