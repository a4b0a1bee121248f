import { afterAll, beforeAll, expect, it } from 'vitest';
import { withinExchange } from '../../../../gateway/http/exchange-scope.ts';
import { createUpstream, type UpstreamClient } from '../../../../gateway/upstream/upstream.ts';
import { type LoopbackServer, serveOnLoopback } from '../../../support/loopback-server.ts';

let noetl: LoopbackServer;
let upstream: UpstreamClient;

/** NoETL with answers of the size in the path, announced or not. */
beforeAll(async () => {
  noetl = await serveOnLoopback((request, response) => {
    const [, kind, size] = (request.url ?? '').split('/');
    const body = JSON.stringify('x'.repeat(Number(size) - 2));
    if (kind === 'announced') response.setHeader('content-length', body.length);
    response.write(body.slice(0, 10));
    response.end(body.slice(10));
  });
  const baseUrl = new URL(noetl.url);
  const limits = { upstreamBytesInFlight: 400_000 };
  upstream = createUpstream({ baseUrl, timeoutMs: 10_000, maxResponseBytes: 1_000_000, limits });
});
afterAll(async () => {
  await upstream.close();
  await noetl.close();
});

let count = 0;
const read = (kind: string, size: number, userId: string) => {
  count += 1;
  return upstream.request({
    method: 'GET',
    path: `/${kind}/${size}/${count}`,
    route: '/x',
    idempotent: true,
    user: { userId, roles: [] },
  });
};

it.each(['announced', 'chunked'])('large answers take from a budget until their exchange is over: %s', async (kind) => {
  await withinExchange(async () => {
    expect((await read(kind, 90_000, 'ann')).status).toBe(200);
    await expect(read(kind, 90_000, 'ann')).rejects.toMatchObject({ code: 'ERR_OVERLOADED', retryAfterSecs: 2 });
    expect((await read(kind, 60_000, 'ann')).status).toBe(200);
    for (const user of ['ben', 'cem', 'dan']) expect((await read(kind, 90_000, user)).status).toBe(200);
    await expect(read(kind, 90_000, 'eve')).rejects.toMatchObject({ code: 'ERR_OVERLOADED' });
  });
  await withinExchange(async () => {
    expect((await read(kind, 90_000, 'ann')).status).toBe(200);
  });
});

it('an answer that several exchanges share counts for each: what is made of it takes as much again', async () => {
  const call = (userId: string) =>
    withinExchange(async () => {
      const path = '/announced/90000/shared';
      await upstream.request({ method: 'GET', path, route: '/x', idempotent: true, user: { userId, roles: [] } });
      await new Promise((resolve) => setTimeout(resolve, 50));
    }).then(
      () => 'made',
      ({ code }) => code,
    );
  expect(await Promise.all([call('ann'), call('ann'), call('ben')])).toEqual(['made', 'ERR_OVERLOADED', 'made']);
  expect(await call('ann')).toBe('made');
});

it('an answer larger than the share of a user passes when it is the only one', async () => {
  await withinExchange(async () => {
    expect((await read('announced', 500_000, 'ann')).status).toBe(200);
    await expect(read('announced', 90_000, 'ben')).rejects.toMatchObject({ code: 'ERR_OVERLOADED' });
  });
});
