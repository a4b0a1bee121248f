import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Breaker, createBreakers } from '../../../../gateway/upstream/breakers.ts';
import { breakerName } from '../../../../gateway/upstream/bulkheads.ts';
import { OutageError } from '../../../../gateway/upstream/collector.ts';
import { GatewayError } from '../../../../plugins/errors.ts';

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }));
afterEach(() => void vi.useRealTimers());

const reply = (status: number) => async () => ({ status, text: '', date: undefined });
const outage = async () => {
  throw new OutageError('ERR_UPSTREAM_TIMEOUT', 'NoETL did not answer in time');
};

function setup() {
  const changes: string[] = [];
  const refused: string[] = [];
  const breakers = createBreakers({
    onChange: (name, state) => changes.push(`${name}: ${state}`),
    onRefuse: (name) => refused.push(name),
  });
  const run = (name: string, send: Parameters<Breaker['run']>[0]) =>
    breakers
      .of(name)
      .run(send)
      .then(
        ({ status }) => status,
        (error: unknown) => (error instanceof GatewayError ? error.code : error),
      );
  async function times(count: number, name: string, send: Parameters<Breaker['run']>[0]) {
    for (let n = 0; n < count; n += 1) await run(name, send);
  }
  return { breakers, changes, refused, run, times };
}

describe('createBreakers', () => {
  test('most calls of a route failed: no call is made, others routes go on', async () => {
    const { breakers, run, times, changes, refused } = setup();
    await times(30, 'read GET /a', outage);
    const send = vi.fn(reply(200));
    expect(await run('read GET /a', send)).toBe('ERR_UPSTREAM');
    expect(send).not.toHaveBeenCalled();
    expect(await run('read GET /b', send)).toBe(200);
    expect(await run('auth GET /a', send)).toBe(200);
    expect(changes).toEqual(['read GET /a: open']);
    expect(refused).toEqual(['read GET /a']);
    expect(breakers.open()).toEqual(['read GET /a']);
  });

  test('one call at a time tries again; its success closes the breaker, its failure does not', async () => {
    const { run, times, changes } = setup();
    await times(30, 'r', outage);
    vi.advanceTimersByTime(2_000);
    const { promise, reject } = Promise.withResolvers<never>();
    const trying = run('r', () => promise);
    expect(await run('r', reply(200))).toBe('ERR_UPSTREAM');
    reject(new OutageError('ERR_UPSTREAM', 'NoETL cannot be reached'));
    expect(await trying).toBe('ERR_UPSTREAM');
    expect(await run('r', reply(200))).toBe('ERR_UPSTREAM');
    vi.advanceTimersByTime(2_000);
    expect(await run('r', reply(200))).toBe(200);
    expect(await run('r', reply(200))).toBe(200);
    expect(changes).toEqual(['r: open', 'r: closed']);
  });

  test('a proxy in front that has no NoETL counts; what a caller can cause does not', async () => {
    const { run, times, changes } = setup();
    await times(40, 'caller', reply(500));
    await times(40, 'caller', async () => {
      throw new GatewayError('ERR_UPSTREAM', 'NoETL answered with more than the gateway accepts');
    });
    expect(await run('caller', reply(200))).toBe(200);
    expect(changes).toEqual([]);
    await times(30, 'proxy', reply(503));
    expect(changes).toEqual(['proxy: open']);
  });

  test('beyond 500 names one breaker of each bulkhead stands for all its routes', async () => {
    const { breakers, run, times, changes, refused } = setup();
    for (let n = 0; n < 500; n += 1) breakers.of(`read GET /${n}`);
    await times(30, 'auth POST /x', outage);
    expect(await run('auth POST /y', reply(200))).toBe('ERR_UPSTREAM');
    expect(await run('read GET /new', reply(200))).toBe(200);
    expect(changes).toEqual(['auth: open']);
    expect([...changes, ...refused].map((name) => breakerName(name.replace(': open', '')))).toEqual([
      { class: 'auth', route: 'other' },
      { class: 'auth', route: 'other' },
    ]);
  });

  test('few failures, or failures among many answers, open nothing', async () => {
    const { times, changes } = setup();
    await times(20, 'rare', outage);
    for (let n = 0; n < 40; n += 1) {
      await times(1, 'mixed', reply(200));
      await times(1, 'mixed', outage);
    }
    expect(changes).toEqual([]);
  });
});
