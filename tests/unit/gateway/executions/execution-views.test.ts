import { describe, expect, test } from 'vitest';
import { pageOf, pageOfCall, visiblePage } from '../../../../gateway/executions/execution-views.ts';

const all = Array.from({ length: 1_500 }, (_, index) => index);

function pages(isVisible: (row: number) => boolean) {
  const calls: string[] = [];
  const read = async (page: number, size: number) => {
    calls.push(`${page}/${size}`);
    return all.slice((page - 1) * size, page * size);
  };
  const visible = async (rows: readonly unknown[]) => rows.filter((row) => isVisible(row as number));
  return { calls, of: (page: number, pageSize: number) => visiblePage({ page, pageSize, read, visible }) };
}

describe('pages of what a caller may see', () => {
  test('who sees everything costs one call for the first page', async () => {
    const { calls, of } = pages(() => true);
    expect(await of(1, 20)).toEqual(all.slice(0, 20));
    expect(calls).toEqual(['1/20']);
  });

  test('hidden rows use up no places, on any page, and no row comes twice', async () => {
    const even = all.filter((row) => row % 2 === 0);
    const { of } = pages((row) => row % 2 === 0);
    for (const page of [1, 2, 3]) expect(await of(page, 20)).toEqual(even.slice((page - 1) * 20, page * 20));
  });

  test('the walk is bounded', async () => {
    const { calls, of } = pages(() => false);
    expect(await of(1, 20)).toEqual([]);
    expect(calls).toHaveLength(11);
  });

  test('a page is asked for in the words of both servers', () => {
    const call = {
      method: 'GET',
      path: '/x',
      idempotent: true,
      route: '/x',
      query: [
        ['page', '3'],
        ['page_size', '20'],
        ['q', 'a'],
      ],
    } as const;
    expect(pageOf(call)).toEqual({ page: 3, pageSize: 20 });
    expect(
      pageOf({
        ...call,
        query: [
          ['page', '-1'],
          ['page_size', 'x'],
        ],
      }),
    ).toEqual({ page: 1, pageSize: 100 });
    expect(pageOfCall(call, 2, 50).query).toEqual([
      ['q', 'a'],
      ['page', '2'],
      ['page_size', '50'],
      ['limit', '50'],
      ['offset', '50'],
    ]);
  });
});
