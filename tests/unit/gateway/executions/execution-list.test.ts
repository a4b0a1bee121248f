import { describe, expect, test } from 'vitest';
import {
  type ListQuery,
  listExecutions,
  listQueryOf,
  pageOfCall,
} from '../../../../gateway/executions/execution-list.ts';
import { GatewayError } from '../../../../plugins/errors.ts';

const begin = Date.parse('2026-12-01T00:00:00Z');
const timeOf = (index: number) => new Date(begin - index * 1_000).toISOString();

interface Row {
  readonly execution_id: string;
  readonly path: string;
  readonly status: string;
  readonly start_time: string;
}

const rowAt = (index: number): Row => ({
  execution_id: String(1_000_000 - index),
  path: index % 2 === 0 ? 'data/even' : 'data/odd',
  status: index % 700 === 699 ? 'FAILED' : 'COMPLETED',
  start_time: timeOf(index),
});

/** A list of a server: Python's pages of 200 with its deepest offset, or Rust's of 100. */
function listOf(
  count: number,
  { cap = 200, deepest = 5_000, isVisible = (_: Row): boolean => true, reports = false } = {},
) {
  const all = Array.from({ length: count }, (_, index) => rowAt(index));
  const calls: string[] = [];
  const source = {
    read: async (offset: number, size: number) => {
      expect(offset % size).toBe(0);
      calls.push(`${offset}+${size}`);
      if (offset > deepest) throw new GatewayError('ERR_REQUEST_INVALID', 'NoETL does not accept these arguments');
      const rows = all.slice(offset, offset + Math.min(size, cap));
      return { rows, ...(reports && { hasMore: offset + rows.length < count }) };
    },
    visible: async (rows: readonly unknown[]) => rows.filter((row) => isVisible(row as Row)),
    settle: async (rows: readonly unknown[]) => rows,
  };
  const of = async (query: Partial<ListQuery> = {}) => {
    calls.length = 0;
    const { rows, ...rest } = await listExecutions({ skip: 0, take: 100, ...query }, source);
    return { ...rest, places: (rows as Row[]).map(({ execution_id }) => 1_000_000 - Number(execution_id)) };
  };
  return { calls, of };
}

const span = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index);

describe('a list of executions', () => {
  test('who sees everything costs one call for the first page', async () => {
    const { calls, of } = listOf(1_500);
    expect((await of({ take: 20 })).places).toEqual(span(0, 20));
    expect(calls).toEqual(['0+20']);
  });

  test.each([200, 100])('goes to its end, in pages of %i rows', async (cap) => {
    const { of } = listOf(1_406, { cap });
    const places: number[] = [];
    for (let page = 0; page < 15; page += 1) places.push(...(await of({ skip: page * 100 })).places);
    expect(places).toEqual(span(0, 1_406));
    expect(await of({ skip: 1_500 })).toEqual({ places: [], hasMore: false, stoppedAt: undefined });
  });

  test('a server that reports whether there are more is believed', async () => {
    const { calls, of } = listOf(390, { cap: 130, reports: true });
    expect((await of({ take: 400 })).places).toEqual(span(0, 390));
    expect(calls).toEqual(['0+200', '130+130', '260+130']);
    expect(await of({ skip: 390 })).toMatchObject({ places: [], hasMore: false });
  });

  test('hidden rows use up no places, and no row comes twice', async () => {
    const { of } = listOf(1_500, { isVisible: ({ path }) => path === 'data/even' });
    for (const page of [0, 1, 2])
      expect((await of({ skip: page * 20, take: 20 })).places).toEqual(
        span(page * 20, page * 20 + 20).map((n) => n * 2),
      );
  });

  test('one call reads a bounded number of pages, and reports where it stopped', async () => {
    const { calls, of } = listOf(20_000, { cap: 100, deepest: Number.POSITIVE_INFINITY, isVisible: () => false });
    expect(await of()).toEqual({ places: [], hasMore: true, stoppedAt: timeOf(2_899) });
    expect(calls).toHaveLength(30);
  });

  test('where NoETL lists no older ones, it reports the last that it looked at', async () => {
    const { calls, of } = listOf(9_000);
    expect(await of({ skip: 5_200 })).toEqual({ places: [], hasMore: false, stoppedAt: timeOf(5_199) });
    expect(calls).toHaveLength(27);
    expect((await of({ skip: 5_100 })).places).toEqual(span(5_100, 5_200));
  });

  test('is filtered by path, status and time, deep in the list as well', async () => {
    const { calls, of } = listOf(20_000, { cap: 100, deepest: Number.POSITIVE_INFINITY });
    expect((await of({ status: 'FAILED', take: 3 })).places).toEqual([699, 1_399, 2_099]);
    expect((await of({ path: (path) => path.endsWith('odd'), take: 2 })).places).toEqual([1, 3]);
    const [fromMs, toMs] = [Date.parse(timeOf(15_010)), Date.parse(timeOf(15_001))];
    expect(await of({ fromMs, toMs })).toMatchObject({
      places: span(15_001, 15_011),
      hasMore: false,
      stoppedAt: undefined,
    });
    expect(calls.length).toBeLessThan(20);
    expect((await of({ toMs: begin - 90_000_000 })).places).toEqual([]);
  });

  test('a search goes on where it stopped, and leaves nothing out', async () => {
    const { of } = listOf(6_000, { cap: 100, deepest: Number.POSITIVE_INFINITY });
    const found = new Set<number>();
    let toMs: number | undefined;
    for (let round = 0; round < 9; round += 1) {
      const { places, stoppedAt } = await of({ status: 'FAILED', ...(toMs !== undefined && { toMs }) });
      for (const place of places) found.add(place);
      if (stoppedAt === undefined) break;
      toMs = Date.parse(stoppedAt);
    }
    expect([...found]).toEqual([699, 1_399, 2_099, 2_799, 3_499, 4_199, 4_899, 5_599]);
  });

  test('a server that knows no pages gives its rows once', async () => {
    const all = span(0, 100).map(rowAt);
    const list = {
      read: async () => ({ rows: all }),
      visible: async () => [],
      settle: async (rows: readonly unknown[]) => rows,
    };
    expect(await listExecutions({ skip: 0, take: 20 }, list)).toMatchObject({ rows: [], hasMore: false });
  });

  test('what is asked is read from the query and the arguments, and a page is in the words of both servers', () => {
    const call = (query: readonly (readonly [string, string])[]) =>
      ({ method: 'GET', path: '/x', idempotent: true, route: '/x', query }) as const;
    const third = call([
      ['page', '3'],
      ['page_size', '20'],
      ['q', 'a'],
      ['status', 'FAILED'],
    ]);
    expect(listQueryOf(third, {})).toEqual({ skip: 40, take: 20, status: 'FAILED' });
    expect(listQueryOf(call([]), { from: '2026-12-01', to: null })).toEqual({ skip: 0, take: 100, fromMs: begin });
    expect(() => listQueryOf(call([]), { to: 'yesterday' })).toThrow('to must be a time');
    const { path } = listQueryOf(call([]), { path: 'Sub/x' });
    expect([path?.('a/sub/xy'), path?.('a/sub')]).toEqual([true, false]);
    const whole = listQueryOf(call([]), { path: 'data/*' }).path;
    expect([whole?.('data/x'), whole?.('my/data/x')]).toEqual([true, false]);
    expect(pageOfCall(third, 2, 50).query).toEqual([
      ['q', 'a'],
      ['page', '2'],
      ['page_size', '50'],
      ['limit', '50'],
      ['offset', '50'],
    ]);
  });
});
