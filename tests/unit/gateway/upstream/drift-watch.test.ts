import { describe, expect, it } from 'vitest';
import { createDriftWatch } from '../../../../gateway/upstream/drift-watch.ts';
import type { GatewayEvent } from '../../../../plugins/observe.ts';
import type { UpstreamReply } from '../../../../plugins/ports.ts';

function watching(answers: (Partial<UpstreamReply> | Error)[], pauses: { readonly soonMs?: number } = {}) {
  const events: GatewayEvent[] = [];
  const reported: string[] = [];
  const watch = createDriftWatch({
    upstream: {
      async request() {
        const next = answers.shift() ?? new Error('no answer');
        if (next instanceof Error) throw next;
        return { status: 200, body: undefined, date: undefined, ...next };
      },
    },
    lockedHash: 'pulled',
    hashOf: (document) => String(document['hash']),
    observe: (event) => void events.push(event),
    notify: (state) => void reported.push(state),
    ...pauses,
  });
  return { watch, events, reported };
}

const document = (hash: string) => ({ body: { paths: {}, hash } });

describe('createDriftWatch', () => {
  it('says what it finds, once for each change', async () => {
    const { watch, events, reported } = watching([
      document('pulled'),
      document('newer'),
      document('newer'),
      document('pulled'),
    ]);
    const states = [await watch.look(), await watch.look(), await watch.look(), await watch.look()];
    watch.stop();
    expect(states).toEqual(['same', 'differs', 'differs', 'same']);
    expect(reported).toEqual(['same', 'differs', 'same']);
    expect(events).toEqual([
      { type: 'document_drift', drifted: true },
      { type: 'document_drift', drifted: false },
    ]);
  });

  it.each([
    ['an outage', new Error('down')],
    ['a 404', { status: 404, body: { detail: 'Not Found' } }],
    ['something else', { body: { hello: 'world' } }],
    ['text', { body: 'Detail: no' }],
  ])('does not know after %s, and stops nothing', async (_name, answer) => {
    const { watch, events } = watching([answer]);
    expect(await watch.look()).toBe('unknown');
    watch.stop();
    expect(events).toEqual([]);
  });

  it('an outage does not undo what was found before it', async () => {
    const { watch, events } = watching([document('newer'), new Error('down'), document('newer'), document('pulled')]);
    for (const _ of [1, 2, 3]) await watch.look();
    expect(events).toEqual([{ type: 'document_drift', drifted: true }]);
    await watch.look();
    watch.stop();
    expect(events.at(-1)).toEqual({ type: 'document_drift', drifted: false });
  });

  it('keeps the document that differs, through an outage too, and no other', async () => {
    const { watch } = watching([document('newer'), new Error('down'), document('pulled')]);
    await watch.look();
    const live = { hash: 'newer', document: { paths: {}, hash: 'newer' } };
    expect(watch.found()).toMatchObject({ state: 'differs', live });
    await watch.look();
    expect(watch.found()).toMatchObject({ state: 'unknown', live });
    await watch.look();
    watch.stop();
    expect(watch.found()).toEqual({ state: 'same', atMs: expect.any(Number) });
  });

  it('looks again soon while NoETL does not answer, and not while it answers', async () => {
    const { watch, reported } = watching([new Error('down'), { status: 503 }, document('pulled')], { soonMs: 1 });
    await watch.look();
    await expect.poll(() => reported).toEqual(['unknown', 'same']);
    watch.stop();
    const silent = watching([{ status: 404 }, document('pulled')], { soonMs: 1 });
    await silent.watch.look();
    await new Promise((resolve) => setTimeout(resolve, 30));
    silent.watch.stop();
    expect(silent.reported).toEqual(['unknown']);
  });
});
