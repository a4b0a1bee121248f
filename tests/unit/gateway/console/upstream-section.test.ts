import { expect, test } from 'vitest';
import { createUpstreamSection } from '../../../../gateway/console/sections.ts';
import type { DriftFound } from '../../../../gateway/upstream/drift-watch.ts';
import type { UpstreamReport } from '../../../../plugins/noetl/upstream-answer.ts';

const anyone = [undefined, undefined] as unknown as [never, never];

/** The section over a watch that finds what the test says. */
function upstreamSection() {
  const pulled = { source: 'noetl.json', operations: 1 };
  const watch = {
    looks: 0,
    now: 0,
    next: { state: 'same', text: 'as it was', atMs: 1 } as DriftFound,
    last: undefined as DriftFound | undefined,
  };
  const asked: unknown[] = [];
  const section = createUpstreamSection(
    {
      watch: {
        found: () => watch.last,
        async look() {
          watch.looks += 1;
          watch.last = watch.next;
          return watch.next;
        },
      },
      knowledge: {
        pulled,
        async report(live) {
          asked.push(live);
          if (live !== undefined && !('paths' in live)) throw new Error('broken');
          return {
            closed: [{ operation: live === undefined ? 'GET /same' : 'GET /new' }],
          } as unknown as UpstreamReport;
        },
      },
    },
    () => watch.now,
  );
  return { pulled, watch, asked, section };
}

test('the upstream is compared once for each document, and looked at again when asked', async () => {
  const { pulled, watch, asked, section } = upstreamSection();
  const first = await section.answer(undefined, ...anyone);
  expect(first).toMatchObject({
    state: 'same',
    text: 'same: as it was',
    pulled,
    report: { closed: [{ operation: 'GET /same' }] },
  });
  await section.answer(undefined, ...anyone);
  expect([watch.looks, asked]).toEqual([1, [undefined]]);
  watch.next = {
    state: 'differs',
    text: 'another one',
    atMs: 2,
    live: { hash: 'new', document: { info: { version: '5' }, paths: { a: 1 } } },
  };
  watch.now += 6_000;
  const then = await section.answer({ look: true }, ...anyone);
  expect(then).toMatchObject({
    state: 'differs',
    live: { version: '5', paths: 1 },
    report: { closed: [{ operation: 'GET /new' }] },
  });
  await section.answer({ look: true }, ...anyone);
  expect([watch.looks, asked.length]).toEqual([2, 2]);
});

test('a document that cannot be compared is no answer, and is tried again', async () => {
  const { watch, section, asked } = upstreamSection();
  watch.next = { state: 'differs', text: 'broken', atMs: 2, live: { hash: 'broken', document: {} } };
  for (const count of [1, 2]) {
    await expect(section.answer(undefined, ...anyone)).rejects.toMatchObject({ code: 'ERR_UPSTREAM' });
    expect(asked).toHaveLength(count);
  }
});

test('without a pulled document there is nothing to compare', async () => {
  expect(await createUpstreamSection(undefined, () => 0).answer(undefined, ...anyone)).toEqual({ state: 'none' });
});
