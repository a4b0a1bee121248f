import { describe, expect, test } from 'vitest';
import { ExecutionReads, ServerClock } from '../../../../gateway/executions/execution-read.ts';
import type { Upstream, UpstreamReply } from '../../../../plugins/ports.ts';
import { handClock } from '../../../support/session-fakes.ts';

const ref = 'noetl://execution/42/result/work/7';

/** A server that has the one route, and answers as a framework does at others. */
function serverWith(route: string) {
  const asked: string[] = [];
  const request = async ({ path }: { path: string }): Promise<UpstreamReply> => {
    asked.push(path);
    return path === route
      ? ({ status: 200, body: { rows: [1] } } as UpstreamReply)
      : ({ status: 404, body: { detail: 'Not Found' } } as UpstreamReply);
  };
  const reads = new ExecutionReads({ request } as unknown as Upstream, Date.now, '/api/executions');
  return { asked, resolve: (one = ref) => reads.resolve('42', one, {}) };
}

describe('references to results', () => {
  test('are resolved where newer releases have the route', async () => {
    const { asked, resolve } = serverWith('/api/result/resolve');
    expect(await resolve()).toEqual({ rows: [1] });
    expect(asked).toEqual(['/api/result/resolve']);
  });

  test('older releases have the prefix twice; that is found out once', async () => {
    const { asked, resolve } = serverWith('/api/api/result/resolve');
    expect(await resolve()).toEqual({ rows: [1] });
    expect(await resolve()).toEqual({ rows: [1] });
    expect(asked).toEqual(['/api/result/resolve', '/api/api/result/resolve', '/api/api/result/resolve']);
  });

  test('of another execution, or to another place, are not followed', async () => {
    const { asked, resolve } = serverWith('/api/result/resolve');
    for (const other of ['noetl://execution/43/result/work/7', 'https://example.com/42/', 'file:///42/']) {
      await expect(resolve(other)).rejects.toMatchObject({ code: 'ERR_UPSTREAM' });
    }
    expect(asked).toEqual([]);
  });

  test('a release without either route is not supported', async () => {
    const { resolve } = serverWith('/nowhere');
    await expect(resolve()).rejects.toMatchObject({ code: 'ERR_NOT_SUPPORTED' });
  });
});

describe('the clock of NoETL', () => {
  const cut = (ms: number) => new Date(Math.floor(ms / 1_000) * 1_000);

  test('it is never ahead of the server, and comes close after some answers', () => {
    for (const ahead of [0, 123_456, -98_765]) {
      const clock = handClock();
      const server = new ServerClock(clock);
      for (let answers = 0; answers < 50; answers += 1) {
        clock.advance(137);
        server.observe(cut(clock() + ahead), clock() + 5);
        expect(server.now()).toBeLessThanOrEqual(clock() + ahead);
        expect(server.now()).toBeGreaterThan(clock() + ahead - 1_006);
      }
      expect(clock() + ahead - server.now()).toBeLessThan(60);
    }
  });

  test('without a date it is the own clock; a clock that was set back is followed', () => {
    const clock = handClock();
    const server = new ServerClock(clock);
    server.observe(undefined, clock());
    expect(server.now()).toBe(clock());
    server.observe(cut(clock() + 600_000), clock());
    for (let minutes = 0; minutes < 3; minutes += 1) {
      clock.advance(61_000);
      server.observe(cut(clock()), clock());
    }
    expect(server.now()).toBeLessThanOrEqual(clock());
  });
});
