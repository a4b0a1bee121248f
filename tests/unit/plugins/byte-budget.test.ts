import { describe, expect, it } from 'vitest';
import { createByteBudget } from '../../../gateway/limits/byte-budget.ts';

describe('a budget of bytes', () => {
  it('ends at the total, over all holders', () => {
    const budget = createByteBudget({ totalBytes: 100 });
    expect(budget.lease('a').grow(60)).toBe(true);
    expect(budget.lease('b').grow(41)).toBe(false);
    expect(budget.lease('b').grow(40)).toBe(true);
    expect(budget.usedBytes).toBe(100);
  });

  it('leaves room for others: one holder ends at its share', () => {
    const budget = createByteBudget({ totalBytes: 100, bytesPerHolder: 25 });
    expect(budget.lease('a').grow(20)).toBe(true);
    expect(budget.lease('a').grow(6)).toBe(false);
    expect(budget.lease('b').grow(20)).toBe(true);
  });

  it('gives back once, and only what was taken', () => {
    const budget = createByteBudget({ totalBytes: 100, bytesPerHolder: 50 });
    const one = budget.lease('a');
    const two = budget.lease('a');
    expect([one.grow(20), two.grow(20), two.grow(20)]).toEqual([true, true, false]);
    one.release();
    one.release();
    expect(budget.usedBytes).toBe(20);
    expect(one.grow(1)).toBe(false);
    expect(two.grow(30)).toBe(true);
  });

  it('lets a lease that is alone take what is larger than the limits', () => {
    const budget = createByteBudget({ totalBytes: 100, bytesPerHolder: 50 });
    const large = budget.lease('a');
    expect([large.grow(80), large.grow(80)]).toEqual([true, true]);
    expect(budget.lease('b').grow(1)).toBe(false);
    large.release();
    expect(budget.lease('b').grow(1)).toBe(true);
  });
});
