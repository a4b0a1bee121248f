import { describe, expect, it } from 'vitest';
import { createCallbackRegistry } from '../../../../gateway/callbacks/callback-registry.ts';
import { handClock, recorder } from '../../../support/session-fakes.ts';

const internalUrl = 'http://gateway.example.com:8091/';

function registry(options: { keepMs?: number; keepAtMost?: number } = {}) {
  const clock = handClock();
  const seen = recorder();
  const callbacks = createCallbackRegistry({ clock, observe: seen.observe, ...options });
  const pathOf = (url: string, route = 'callback') => `${new URL(url).pathname}/api/internal/${route}`;
  const refused = () => seen.events.map((event) => (event.type === 'callback_refused' ? event.reason : event.type));
  return { clock, callbacks, pathOf, refused };
}

const notSettled = Symbol('not settled');
const stateOf = (answer: Promise<unknown>) => Promise.race([answer, Promise.resolve(notSettled)]);

describe('createCallbackRegistry', () => {
  it('makes a secret of 256 bits for each request, inside the address', () => {
    const { callbacks } = registry();
    const [one, other] = [callbacks.open(internalUrl), callbacks.open(internalUrl)];
    expect(one.gatewayUrl).toMatch(/^http:\/\/gateway\.example\.com:8091\/cb\/[A-Za-z0-9_-]{43}$/);
    expect(one.gatewayUrl).not.toBe(other.gatewayUrl);
    expect(one.callbackSubject).toBe(`noetl.callbacks.${one.requestId}`);
  });

  it.each(['callback', 'callback/async'])('delivers to %s, whatever the order of the keys', async (route) => {
    const { callbacks, pathOf, refused } = registry();
    const pending = callbacks.open(internalUrl);
    const body = { data: { valid: false }, status: 'success', request_id: pending.requestId, execution_id: 1 };
    expect(callbacks.handle(pathOf(pending.gatewayUrl, route), body)).toEqual({
      status: 200,
      body: { delivered: true, message: expect.any(String) },
    });
    expect(await pending.answer).toEqual({ status: 'success', data: { valid: false } });
    expect(callbacks.size).toBe(0);
    expect(refused()).toEqual([]);
  });

  it('refuses a wrong secret although the request id is right, and does nothing', async () => {
    const { callbacks, pathOf, refused } = registry();
    const pending = callbacks.open(internalUrl);
    const body = { request_id: pending.requestId, status: 'success', data: { valid: true } };
    for (const path of [
      `/cb/${'A'.repeat(43)}/api/internal/callback`,
      '/api/internal/callback',
      `/cb/${pending.requestId}/api/internal/callback`,
      `/x${pathOf(pending.gatewayUrl)}`,
      `${pathOf(pending.gatewayUrl)}/x`,
    ]) {
      expect(callbacks.handle(path, body)).toMatchObject({ status: 403, body: { code: 'ERR_ACCESS_DENIED' } });
    }
    expect(await stateOf(pending.answer)).toBe(notSettled);
    expect(refused()).toEqual(Array(5).fill('secret'));
  });

  it('refuses another route under the right secret', async () => {
    const { callbacks, pathOf } = registry();
    const pending = callbacks.open(internalUrl);
    const reply = callbacks.handle(pathOf(pending.gatewayUrl, 'other'), { request_id: pending.requestId });
    expect(reply.status).toBe(403);
    expect(await stateOf(pending.answer)).toBe(notSettled);
  });

  it("does not let one request's secret answer another request", async () => {
    const { callbacks, pathOf } = registry();
    const [mine, theirs] = [callbacks.open(internalUrl), callbacks.open(internalUrl)];
    const reply = callbacks.handle(pathOf(mine.gatewayUrl), { request_id: theirs.requestId, data: { valid: true } });
    expect(reply).toMatchObject({ status: 200, body: { delivered: false } });
    expect(await stateOf(theirs.answer)).toBe(notSettled);
    expect(await stateOf(mine.answer)).toBe(notSettled);
  });

  it.each([
    ['an empty object', {}],
    ['no object', 'x'],
    ['a list', []],
    ['nothing', undefined],
    ['an empty id', { request_id: '' }],
    ['an id without end', { request_id: 'x'.repeat(201) }],
    ['an id that is no text', { request_id: 7 }],
    ['a status that is no text', { request_id: 'x', status: 1 }],
  ])('answers 400 to %s, and counts it', async (_name, body) => {
    const { callbacks, pathOf, refused } = registry();
    const pending = callbacks.open(internalUrl);
    const reply = callbacks.handle(pathOf(pending.gatewayUrl), body);
    expect(reply).toMatchObject({ status: 400, body: { code: 'ERR_REQUEST_INVALID' } });
    expect(refused()).toEqual(['body']);
    expect(await stateOf(pending.answer)).toBe(notSettled);
  });

  it('answers 200 to a late callback, so that its playbook does not fail', () => {
    const { callbacks, pathOf, refused } = registry();
    const pending = callbacks.open(internalUrl);
    pending.close();
    const reply = callbacks.handle(pathOf(pending.gatewayUrl), { request_id: pending.requestId });
    expect(reply).toMatchObject({ status: 200, body: { delivered: false } });
    expect(refused()).toEqual(['late']);
  });

  it('counts an unrendered template; the waiting login refuses it', async () => {
    const { callbacks, pathOf, refused } = registry();
    const pending = callbacks.open(internalUrl);
    callbacks.handle(pathOf(pending.gatewayUrl), { request_id: pending.requestId, data: { valid: '{{ valid }}' } });
    expect(refused()).toEqual(['shape']);
    expect(await pending.answer).toMatchObject({ data: { valid: '{{ valid }}' } });
  });

  it('takes the first of two callbacks', async () => {
    const { callbacks, pathOf } = registry();
    const pending = callbacks.open(internalUrl);
    const say = (data: unknown) =>
      callbacks.handle(pathOf(pending.gatewayUrl), { request_id: pending.requestId, data }).body;
    expect(say(1)).toMatchObject({ delivered: true });
    expect(say(2)).toMatchObject({ delivered: false });
    expect(await pending.answer).toMatchObject({ data: 1 });
  });

  it('does not take progress for an answer', async () => {
    const { callbacks, pathOf } = registry();
    const pending = callbacks.open(internalUrl);
    const body = { request_id: pending.requestId, progress: 0.5 };
    expect(callbacks.handle(pathOf(pending.gatewayUrl, 'progress'), body).status).toBe(200);
    expect(await stateOf(pending.answer)).toBe(notSettled);
  });

  it('forgets secrets after a while, and keeps a bounded number', () => {
    const { callbacks, pathOf, clock } = registry({ keepMs: 1_000, keepAtMost: 2 });
    const closed = [1, 2, 3].map(() => callbacks.open(internalUrl));
    for (const pending of closed) pending.close();
    const statuses = () =>
      closed.map(({ gatewayUrl, requestId }) => callbacks.handle(pathOf(gatewayUrl), { request_id: requestId }).status);
    expect(statuses()).toEqual([403, 200, 200]);
    clock.advance(1_001);
    expect(statuses()).toEqual([403, 403, 403]);
  });
});
