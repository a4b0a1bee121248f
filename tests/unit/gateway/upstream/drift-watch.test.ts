import { expect, test } from 'vitest';
import type { DocumentCheck } from '../../../../gateway/upstream/document-check.ts';
import { createDriftWatch } from '../../../../gateway/upstream/drift-watch.ts';
import type { GatewayEvent } from '../../../../plugins/observe.ts';

const same: DocumentCheck = { state: 'same', text: 'it is the pulled one', isOutage: false };
const live = { hash: 'newer', document: { paths: {} } };
const newer: DocumentCheck = { state: 'differs', text: 'it is another one', live, isOutage: false };
const down: DocumentCheck = { state: 'not checked', text: 'NoETL does not answer', isOutage: true };
const refused: DocumentCheck = { state: 'not checked', text: 'NoETL refuses it', isOutage: false };

function watching(checks: DocumentCheck[], pauses: { readonly soonMs?: number } = {}) {
  const events: GatewayEvent[] = [];
  const reported: string[] = [];
  const watch = createDriftWatch({
    check: async () => checks.shift() ?? down,
    observe: (event) => void events.push(event),
    notify: ({ state }) => void reported.push(state),
    ...pauses,
  });
  return { watch, events, reported };
}

test('each look is counted, and each change is reported once', async () => {
  const { watch, events, reported } = watching([same, newer, newer, same]);
  for (const _ of [1, 2, 3, 4]) await watch.look();
  watch.stop();
  expect(reported).toEqual(['same', 'differs', 'same']);
  expect(events).toEqual(['same', 'differs', 'differs', 'same'].map((state) => ({ type: 'document_checked', state })));
});

test('another difference is a change', async () => {
  const { watch, reported } = watching([newer, { ...newer, text: 'a second route is missing' }]);
  for (const _ of [1, 2]) await watch.look();
  watch.stop();
  expect(reported).toEqual(['differs', 'differs']);
});

test('it keeps the document that differs, through an outage too, and no other', async () => {
  const { watch } = watching([newer, down, same]);
  await watch.look();
  expect(watch.found()).toMatchObject({ state: 'differs', live });
  await watch.look();
  expect(watch.found()).toMatchObject({ state: 'not checked', live });
  await watch.look();
  watch.stop();
  expect(watch.found()).toEqual({ state: 'same', text: same.text, atMs: expect.any(Number) });
});

test('it looks again soon while NoETL does not answer, and not while it answers', async () => {
  const { watch, reported } = watching([down, same], { soonMs: 1 });
  await watch.look();
  await expect.poll(() => reported).toEqual(['not checked', 'same']);
  watch.stop();
  const silent = watching([refused, same], { soonMs: 1 });
  await silent.watch.look();
  await new Promise((resolve) => setTimeout(resolve, 30));
  silent.watch.stop();
  expect(silent.reported).toEqual(['not checked']);
});
