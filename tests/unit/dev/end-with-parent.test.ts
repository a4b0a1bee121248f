import { expect, it, vi } from 'vitest';
import { endWithParent } from '../../../dev/start-dev.ts';

it('stops once when the parent is another one', async () => {
  const stop = vi.fn();
  let parent = 4711;
  endWithParent(stop, () => parent, 1);
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(stop).not.toHaveBeenCalled();
  parent = 1;
  await vi.waitFor(() => expect(stop).toHaveBeenCalledOnce());
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(stop).toHaveBeenCalledOnce();
});

it('does not watch where init is the parent from the start', async () => {
  const stop = vi.fn();
  const parents = [1, 4711];
  endWithParent(stop, () => parents.shift() ?? 4711, 1);
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(stop).not.toHaveBeenCalled();
});
