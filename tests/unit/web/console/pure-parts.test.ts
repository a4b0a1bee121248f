import { describe, expect, test } from 'vitest';
import { executionsAddress, filtersOf, readExecutionQuery } from '../../../../web/console/api/execution.ts';
import { type ListedExecution, pageSize, search, withNews } from '../../../../web/console/api/executions.ts';
import { CallFailed, rowsOf } from '../../../../web/console/api/gateway-client.ts';
import { matches } from '../../../../web/console/api/policy.ts';
import { agoText, durationText, shortId, sizeText, timeOf } from '../../../../web/console/api/time.ts';

describe('a path filter', () => {
  test.each([
    ['data/*', 'data/x/y', true],
    ['data/*', 'my/data/x', false],
    ['*_api', 'a/b_api', true],
    ['a*b*c', 'a-b-c', true],
    ['a*b*c', 'acb', false],
    ['ab*ba', 'aba', false],
    ['sales', 'data/sales_2026', true],
    ['(.+)+$', 'aaaa', false],
    ['*', '', true],
  ])('%s on %s', (pattern, path, wanted) => {
    expect(matches(pattern, path)).toBe(wanted);
  });
});

describe('times', () => {
  test.each([
    [-5, '0 ms'],
    [320, '320 ms'],
    [1_940, '1.9 s'],
    [59_980, '1m 0s'],
    [125_000, '2m 5s'],
    [3_780_000, '1h 3m'],
    [180_000_000, '2d 2h'],
  ])('%d ms is %s', (ms, text) => {
    expect(durationText(ms)).toBe(text);
  });

  test('ago', () => {
    expect([1_000, 40_000, 300_000, 10_800_000, 86_400_000, 200_000_000].map(agoText)).toEqual([
      'just now',
      '40 s ago',
      '5 min ago',
      '3 h ago',
      '1 day ago',
      '2 days ago',
    ]);
  });

  test('a time without a zone is in UTC', () => {
    expect(timeOf('2026-01-26T08:00:00.123456')).toBe(Date.UTC(2026, 0, 26, 8, 0, 0, 123));
    expect(timeOf('2026-01-26T08:00:00+01:00')).toBe(Date.UTC(2026, 0, 26, 7));
    expect([timeOf('soon'), timeOf(null)]).toEqual([undefined, undefined]);
  });

  test('ids and sizes', () => {
    expect([shortId('12'), shortId('767392334573576282')]).toEqual(['12', '7673…576282']);
    expect([sizeText(12), sizeText(3_400), sizeText(1_200_000)]).toEqual(['12 B', '3.4 kB', '1.2 MB']);
  });
});

test('rows are found where there is one list of objects, also in the only member of an object', () => {
  const rows = [{ a: 1 }, { a: 2 }];
  expect([rowsOf(rows), rowsOf({ start: { rows } }), rowsOf({ total: 2, rows })]).toEqual([rows, rows, rows]);
  expect([rowsOf([1, 2]), rowsOf({ a: rows, b: rows }), rowsOf([]), rowsOf('x'), rowsOf(null)]).toEqual(
    Array(5).fill(undefined),
  );
});

describe('a filtered list', () => {
  const all = Array.from(
    { length: 350 },
    (_, index): ListedExecution => ({
      id: String(index),
      path: index % 2 === 0 ? 'data/even' : 'odd',
      status: index % 4 === 0 ? 'FAILED' : 'COMPLETED',
    }),
  );
  const asked: number[] = [];
  const read = async (page: number, size: number) => {
    asked.push(page);
    return all.slice((page - 1) * size, page * size);
  };

  test('fills a page and knows whether there is another one', async () => {
    const first = await search({ page: 1, from: 1, status: 'FAILED', path: 'data/*' }, read);
    expect(first.rows.map(({ id }) => Number(id))).toEqual([...Array(pageSize).keys()].map((index) => index * 4));
    expect([first.hasNext, first.searched]).toEqual([true, 200]);
    const last = await search({ page: 4, from: 1, status: 'FAILED', path: '' }, read);
    expect([last.rows.length, last.hasNext, last.searched]).toEqual([13, false, 350]);
  });

  test('filters by time and by who has started it, and looks no further than the time', async () => {
    asked.length = 0;
    const nowMs = Date.parse('2026-01-31T12:00:00Z');
    const timed = async (page: number, size: number) =>
      (await read(page, size)).map((row) => ({
        ...row,
        startTime: new Date(nowMs - Number(row.id) * 60_000).toISOString().slice(0, -1),
      }));
    const hour = await search({ page: 1, from: 1, status: '', path: '', sinceMs: nowMs - 20 * 60_000 }, timed);
    expect([hour.rows.length, hour.hasNext, hour.nextFrom, asked]).toEqual([21, false, undefined, [1]]);
    const before = { page: 1, from: 1, status: '', path: '', untilMs: nowMs - 340 * 60_000 };
    expect((await search(before, timed)).rows.map(({ id }) => id)).toEqual(
      [...Array(10).keys()].map((one) => `${340 + one}`),
    );
    const by = { page: 1, from: 1, status: '', path: '', isBy: (id: string) => id === '7' };
    expect((await search(by, timed)).rows.map(({ id }) => id)).toEqual(['7']);
  });

  test('a search that is stopped keeps what it has found, and reports why it ends', async () => {
    const ended = new CallFailed('ERR_REQUEST_INVALID', 'NoETL lists no older ones', 400);
    const deep = async (page: number, size: number) => {
      if (page > 2) throw ended;
      return read(page, size);
    };
    const query = { page: 1, from: 1, status: 'none', path: '' };
    expect(await search(query, deep)).toEqual({ rows: [], hasNext: false, searched: 200, stopped: ended.message });
    await expect(search({ ...query, from: 3 }, deep)).rejects.toBe(ended);
    const lost = async () => Promise.reject(new CallFailed('ERR_UPSTREAM', 'x', 502));
    await expect(search(query, lost)).rejects.toThrow('x');
  });

  test('a query has one address, and what is not a value of a filter counts as not set', () => {
    const read1 = readExecutionQuery({ page: '0', status: 'odd', path: 'data/*', within: '1y', since: 'x', by: 'me' });
    expect(executionsAddress(read1)).toBe('/console/executions?path=data%2F*&by=me');
    const whole = { page: '3', from: '11', status: 'FAILED', path: 'a', within: '1h', since: '', until: '', by: '4' };
    const address = executionsAddress(readExecutionQuery(whole));
    expect(readExecutionQuery(Object.fromEntries(new URLSearchParams(address.split('?')[1])))).toEqual(
      readExecutionQuery(whole),
    );
    const starts = { me: '2', userOf: new Map([['9', '2']]), users: ['2'] };
    const mine = filtersOf(readExecutionQuery({ by: 'me', within: '1h' }), starts, 3_600_000);
    expect([mine.sinceMs, mine.isBy?.('9'), mine.isBy?.('8')]).toEqual([0, true, false]);
    expect(filtersOf(readExecutionQuery({ by: 'me' }), undefined, 0).isBy?.('9')).toBe(false);
  });

  test('news of a row changes it in place, and of another one nothing', () => {
    const page = { rows: [{ id: '1', path: 'a', status: 'RUNNING' }], hasNext: false };
    const news = { id: '1', status: 'FAILED', finishedAt: 'now', failure: { step: 'load', message: 'no file' } };
    expect(withNews(page, news)?.rows).toEqual([
      { id: '1', path: 'a', status: 'FAILED', endTime: 'now', error: 'load: no file' },
    ]);
    expect(withNews(page, { ...news, id: '2' })).toBeUndefined();
  });

  test('stops after ten pages of a list that goes on', async () => {
    asked.length = 0;
    const endless = async (page: number, size: number) => {
      asked.push(page);
      return Array.from({ length: size }, (_, index) => ({ id: `${page}-${index}`, path: 'x', status: 'RUNNING' }));
    };
    expect(await search({ page: 1, from: 1, status: 'FAILED', path: '' }, endless)).toMatchObject({
      rows: [],
      searched: 1_000,
      nextFrom: 11,
    });
    expect(asked).toHaveLength(10);
    asked.length = 0;
    await search({ page: 1, from: 11, status: 'FAILED', path: '' }, endless);
    expect(asked[0]).toBe(11);
  });
});
