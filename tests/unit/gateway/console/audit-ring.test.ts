import { describe, expect, test } from 'vitest';
import { createAuditRing } from '../../../../gateway/console/audit-ring.ts';

const line = (entry: object) => `${JSON.stringify(entry)}\n`;

describe('the newest audit lines', () => {
  test('are found by any value, by kind and by outcome, newest first', () => {
    const ring = createAuditRing(10);
    ring.add(line({ audit: 'mutation', outcome: 'succeeded', userId: '2', path: 'data/x', roles: ['analyst'] }));
    ring.add(line({ audit: 'denied', outcome: 'denied', userId: '3', path: 'system/x' }));
    ring.add(line({ audit: 'mutation', outcome: 'failed', userId: '3', executionId: '76' }));
    const users = (asked: object) => ring.search(asked).entries.map((entry) => entry['userId']);
    expect(users({})).toEqual(['3', '3', '2']);
    expect(users({ text: 'data/' })).toEqual(['2']);
    expect(users({ text: 'analyst' })).toEqual(['2']);
    expect(users({ text: '76', audit: 'mutation' })).toEqual(['3']);
    expect(users({ audit: 'mutation', outcome: 'succeeded' })).toEqual(['2']);
    expect(ring.search({ text: 'nothing' })).toEqual({ entries: [], kept: 3, found: 0 });
  });

  test('know who has started which execution, of all users or of one', () => {
    const ring = createAuditRing(10);
    ring.add(line({ outcome: 'started', userId: '2', executionId: '71' }));
    ring.add(line({ outcome: 'done', userId: '2', executionId: '72' }));
    ring.add(line({ outcome: 'started', userId: '3', executionId: '73' }));
    ring.add(line({ outcome: 'started', userId: '3' }));
    const [first, second] = [
      { executionId: '71', userId: '2' },
      { executionId: '73', userId: '3' },
    ];
    expect(ring.starts()).toEqual([second, first]);
    expect(ring.starts('2')).toEqual([first]);
  });

  test('are so many at most, and a huge line is not kept', () => {
    const ring = createAuditRing(3);
    for (let index = 0; index < 8; index += 1) ring.add(line({ index }));
    ring.add(line({ index: 'x'.repeat(9_000) }));
    const { entries, kept } = ring.search({});
    expect([entries.map(({ index }) => index), kept]).toEqual([[7, 6, 5], 3]);
  });

  test('are answered a hundred at a time', () => {
    const ring = createAuditRing();
    for (let index = 0; index < 1_200; index += 1) ring.add(line({ index }));
    const { entries, kept, found } = ring.search({});
    expect([entries.length, kept, found]).toEqual([100, 1_000, 1_000]);
  });
});
