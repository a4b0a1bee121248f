import type { RequestListener, Server } from 'node:http';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { createUpstream } from '../../../../gateway/upstream/upstream.ts';
import { GatewayError } from '../../../../plugins/errors.ts';
import { idText } from '../../../../plugins/json/lossless-json.ts';
import type { GatewayEvent } from '../../../../plugins/observe.ts';
import type { UpstreamCall } from '../../../../plugins/ports.ts';
import { serveOnLoopback } from '../../../support/loopback-server.ts';

const open: { close(): unknown }[] = [];

afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});

async function listen(listener: RequestListener): Promise<{ server: Server; url: URL }> {
  const served = await serveOnLoopback(listener);
  open.push(served);
  return { server: served.server, url: new URL(served.url) };
}

function upstreamAt(baseUrl: URL, options: { timeoutMs?: number; maxResponseBytes?: number; token?: string } = {}) {
  // Long enough that a busy machine refuses no call for waiting.
  const limits = { callWaitMs: 60_000 };
  const events: GatewayEvent[] = [];
  const upstream = createUpstream({
    baseUrl,
    ...(options.token === undefined ? {} : { token: options.token }),
    timeoutMs: options.timeoutMs ?? 2_000,
    maxResponseBytes: options.maxResponseBytes ?? 1_000_000,
    limits,
    observe: (event) => events.push(event),
  });
  open.push(upstream);
  return { upstream, events };
}

const get = (path: string, rest: Partial<UpstreamCall> = {}): UpstreamCall => ({
  method: 'GET',
  path,
  idempotent: true,
  route: path,
  ...rest,
});
const post = (path: string, body: unknown): UpstreamCall => ({
  method: 'POST',
  path,
  body,
  idempotent: false,
  route: path,
});

const user = (userId: string) => ({ userId, roles: [] });

const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'answered',
    (error: unknown) => (error instanceof GatewayError ? error.code : error),
  );

describe('createUpstream', () => {
  test('keeps the base path, sends query and body, and only its own headers', async () => {
    const seen: unknown[] = [];
    const { url } = await listen((request, response) => {
      let body = '';
      request.on('data', (chunk) => (body += chunk));
      request.on('end', () => {
        const { host: _host, connection: _connection, 'content-length': _length, ...headers } = request.headers;
        seen.push({ url: request.url, headers, body });
        response.setHeader('content-type', 'application/json');
        response.end('{"id":767008253774397449,"small":7}');
      });
    });
    const { upstream } = upstreamAt(new URL('/prefix/', url));
    const reply = await upstream.request({ ...post('/api/x', { a: 1 }), query: [['q', 'a&b=c']], requestId: 'r-1' });
    expect(reply.status).toBe(200);
    expect(idText((reply.body as { id: unknown }).id)).toBe('767008253774397449');
    expect(reply.date).toBeInstanceOf(Date);
    expect(seen).toEqual([
      {
        url: '/prefix/api/x?q=a%26b%3Dc',
        headers: { accept: 'application/json', 'content-type': 'application/json', 'x-request-id': 'r-1' },
        body: '{"a":1}',
      },
    ]);
  });

  test('the token is in every call to NoETL, in no event, and gives way to the Authorization of a row', async () => {
    const elsewhere = vi.fn();
    const other = await listen((request, response) => {
      elsewhere(request.headers.authorization);
      response.end('{}');
    });
    const seen: unknown[] = [];
    const { url } = await listen((request, response) => {
      seen.push(request.headers.authorization);
      response.writeHead(307, { location: other.url.href }).end();
    });
    const { upstream, events } = upstreamAt(url, { token: 'gate-1' });
    await upstream.request(get('/read'));
    await upstream.request({ ...post('/write', {}), class: 'start' });
    await upstream.request(get('/probe', { class: 'probe' }));
    await upstream.request(get('/login', { class: 'auth' }));
    await upstream.request(get('/row', { headers: { authorization: 'Basic row' } }));
    expect(seen).toEqual(['Bearer gate-1', 'Bearer gate-1', 'Bearer gate-1', 'Bearer gate-1', 'Basic row']);
    expect(elsewhere).not.toHaveBeenCalled();
    expect(events).toHaveLength(5);
    expect(JSON.stringify(events)).not.toContain('gate-1');
  });

  test('any status is an answer; text stays text; an empty body is undefined; redirects are not followed', async () => {
    let calls = 0;
    const { url } = await listen((request, response) => {
      calls += 1;
      if (request.url === '/text') return void response.writeHead(500).end('Detail: relation "secret" does not exist');
      if (request.url === '/empty') return void response.writeHead(204).end();
      response.writeHead(307, { location: '/text' }).end();
    });
    const { upstream } = upstreamAt(url);
    expect(await upstream.request(get('/text'))).toMatchObject({
      status: 500,
      body: expect.stringContaining('Detail'),
    });
    expect(await upstream.request(get('/empty'))).toMatchObject({ status: 204, body: undefined });
    expect(await upstream.request(get('/redirect'))).toMatchObject({ status: 307 });
    expect(calls).toBe(3);
  });

  test('one deadline over headers and body', async () => {
    const { url } = await listen((request, response) => {
      if (request.url === '/silent') return;
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write('{"a":');
    });
    const { upstream, events } = upstreamAt(url, { timeoutMs: 60 });
    expect(await codeOf(upstream.request(get('/silent')))).toBe('ERR_UPSTREAM_TIMEOUT');
    expect(await codeOf(upstream.request(get('/half')))).toBe('ERR_UPSTREAM_TIMEOUT');
    expect(events.map((event) => event.type === 'upstream_call' && event.status)).toEqual(['timeout', 'timeout']);
  });

  test('an answer above the limit is an error, with and without content-length', async () => {
    const { url } = await listen((request, response) => {
      if (request.url === '/announced') return void response.writeHead(200, { 'content-length': '2000' }).write('x');
      response.write('x'.repeat(600));
      response.end('x'.repeat(600));
    });
    const { upstream } = upstreamAt(url, { maxResponseBytes: 1_000 });
    expect(await codeOf(upstream.request(get('/announced')))).toBe('ERR_UPSTREAM');
    expect(await codeOf(upstream.request(get('/streamed')))).toBe('ERR_UPSTREAM');
    expect((await upstream.request(get('/streamed', { maxResponseBytes: 1_200 }))).status).toBe(200);
  });

  test('a broken socket: reads are sent once more, what starts work is not', async () => {
    const seen: string[] = [];
    const { url } = await listen((request, response) => {
      seen.push(`${request.method} ${request.url}`);
      if (seen.length === 1 || request.method === 'POST') return void request.socket.destroy();
      response.end('{}');
    });
    const { upstream } = upstreamAt(url);
    expect((await upstream.request(get('/read'))).status).toBe(200);
    expect(await codeOf(upstream.request(post('/work', {})))).toBe('ERR_UPSTREAM');
    expect(seen).toEqual(['GET /read', 'GET /read', 'POST /work']);
  });

  test('no second attempt when no process listens, nor after an answer began', async () => {
    let calls = 0;
    const { url } = await listen((request, response) => {
      calls += 1;
      response.writeHead(200, { 'content-length': '100' });
      response.write('{"a":');
      setImmediate(() => request.socket.destroy());
    });
    const { upstream } = upstreamAt(url);
    expect(await codeOf(upstream.request(get('/cut')))).toBe('ERR_UPSTREAM');
    expect(calls).toBe(1);
    const closed = await listen(() => {});
    await new Promise((resolve) => closed.server.close(resolve));
    const { upstream: lost, events } = upstreamAt(closed.url);
    expect(await codeOf(lost.request(get('/x')))).toBe('ERR_UPSTREAM');
    expect(events).toHaveLength(1);
  });

  test('an answer that cannot be a text is an error of its call alone', async () => {
    const concat = Buffer.concat.bind(Buffer);
    const tooLong = (part: Uint8Array) => Buffer.from(part).includes('endless');
    vi.spyOn(Buffer, 'concat').mockImplementation((list, length) => {
      if (list.some(tooLong)) throw new RangeError('Cannot create a string longer than 0x1fffffe8 characters');
      return concat(list, length);
    });
    const { url } = await listen((request, response) => {
      if (request.url !== '/endless') return void response.end('{}');
      response.write('"endless');
      setTimeout(() => response.end(' endless"'), 20);
    });
    const { upstream } = upstreamAt(url);
    const others = upstream.request(get('/other'));
    expect(await codeOf(upstream.request(get('/endless')))).toBe('ERR_UPSTREAM');
    expect((await others).status).toBe(200);
    vi.restoreAllMocks();
  });

  test('identical reads in flight share one call; a write in between separates them; an abort leaves the others', async () => {
    const waiting: (() => void)[] = [];
    let arrived = () => {};
    const { url } = await listen((request, response) => {
      if (request.method === 'POST') return void response.end('{}');
      waiting.push(() => response.end(`{"n":${waiting.length}}`));
      arrived();
    });
    const next = () => new Promise<void>((resolve) => (arrived = resolve));
    const { upstream } = upstreamAt(url);
    const leaving = new AbortController();
    const firstArrives = next();
    const first = upstream.request(get('/r', { signal: leaving.signal }));
    const second = upstream.request(get('/r'));
    await firstArrives;
    await upstream.request(post('/w', {}));
    const thirdArrives = next();
    const third = upstream.request(get('/r'));
    await thirdArrives;
    expect(waiting).toHaveLength(2);
    leaving.abort();
    expect(await codeOf(first)).toBe('ERR_UPSTREAM');
    for (const answer of waiting) answer();
    expect((await second).status).toBe(200);
    expect((await third).status).toBe(200);
  });

  test('a write that fails separates reads, too: NoETL may have done it', async () => {
    const waiting: (() => void)[] = [];
    let arrived = () => {};
    const { url } = await listen((request, response) => {
      if (request.method === 'POST') return void request.destroy();
      waiting.push(() => response.end('{}'));
      arrived();
    });
    const next = () => new Promise<void>((resolve) => (arrived = resolve));
    const { upstream } = upstreamAt(url);
    const firstArrives = next();
    const first = upstream.request(get('/r'));
    await firstArrives;
    expect(await codeOf(upstream.request(post('/w', {})))).toBe('ERR_UPSTREAM');
    const secondArrives = next();
    const second = upstream.request(get('/r'));
    await secondArrives;
    for (const answer of waiting) answer();
    expect([(await first).status, (await second).status]).toEqual([200, 200]);
  });

  test('an idle socket is closed by us, before NoETL would close it after five seconds', async () => {
    const { server, url } = await listen((_request, response) => void response.end('{}'));
    server.keepAliveTimeout = 5_000;
    const closedBy = new Promise<string>((resolve) => {
      server.on('connection', (socket) => socket.on('end', () => resolve('us')).on('close', () => resolve('NoETL')));
    });
    const { upstream } = upstreamAt(url);
    await upstream.request(get('/x'));
    expect(await closedBy).toBe('us');
  });

  test('messages name no address', async () => {
    const { upstream } = upstreamAt(new URL('http://127.0.0.1:1/hidden'));
    const error = await upstream.request(get('/x')).catch((reason: unknown) => reason);
    expect(String(error)).not.toMatch(/127|hidden|ECONN/);
    expect((error as GatewayError).cause).toBeDefined();
  });

  test('an odd path is not sent', async () => {
    const { upstream } = upstreamAt(new URL('http://127.0.0.1:1'));
    for (const path of ['api', '/a?b=c', '/a#b', '/a b', '/a\r\nx: y', '/a\\b']) {
      expect(await codeOf(upstream.request(get(path)))).toBe('ERR_INTERNAL');
    }
  });

  test('reads that hang take no place of logins, probes and starts, and a user no place of another', async () => {
    const hanging: (() => void)[] = [];
    const { url } = await listen((request, response) => {
      if (request.url?.startsWith('/slow')) return void hanging.push(() => response.end('{}'));
      response.end('{}');
    });
    const { upstream } = upstreamAt(url, { timeoutMs: 60_000 });
    const slow = Array.from({ length: 40 }, (_, n) => upstream.request(get(`/slow/${n}`, { user: user('greedy') })));
    await vi.waitUntil(() => hanging.length === 32, { timeout: 15_000 });
    expect(upstream.load().read).toMatchObject({ running: 32, waiting: 8 });
    expect((await upstream.request(get('/quick', { user: user('other') }))).status).toBe(200);
    for (let n = 0; n < 5; n += 1) {
      slow.push(
        ...Array.from({ length: 32 }, (_, m) => upstream.request(get(`/slow/${n}/${m}`, { user: user(`u${n}`) }))),
      );
    }
    await vi.waitUntil(() => hanging.length === 192, { timeout: 15_000 });
    const waiting = codeOf(upstream.request(get('/quick', { user: user('last') })));
    for (const quick of [
      get('/q', { class: 'auth' }),
      get('/q', { class: 'probe' }),
      { ...post('/q', {}), class: 'start' as const },
    ])
      expect((await upstream.request(quick)).status).toBe(200);
    while (hanging.length > 0 || (await Promise.race([waiting, Promise.resolve('no')])) === 'no') {
      for (const answer of hanging.splice(0)) answer();
      await new Promise((done) => setImmediate(done));
    }
    for (const answer of await Promise.all(slow)) expect(answer.status).toBe(200);
    expect(await waiting).toBe('answered');
  });

  test('at most 16 starts are in flight; each is sent once, those without a place are not sent', async () => {
    let most = 0;
    let running = 0;
    const sent: string[] = [];
    const { url } = await listen((request, response) => {
      running += 1;
      most = Math.max(most, running);
      sent.push(request.url ?? '');
      setTimeout(() => {
        running -= 1;
        response.end('{}');
      }, 5);
    });
    const { upstream, events } = upstreamAt(url);
    const start = (n: number) => upstream.request({ ...post(`/s/${n}`, {}), class: 'start', user: user(`u${n % 3}`) });
    const outcomes = await Promise.all(Array.from({ length: 600 }, (_, n) => codeOf(start(n))));
    expect(most).toBe(16);
    expect(new Set(sent).size).toBe(sent.length);
    expect(outcomes.filter((one) => one === 'answered')).toHaveLength(sent.length);
    expect(outcomes.filter((one) => one === 'ERR_OVERLOADED')).toHaveLength(600 - sent.length);
    expect(events.filter((event) => event.type === 'upstream_shed')).toHaveLength(600 - sent.length);
    expect(sent.length).toBeGreaterThanOrEqual(16 + 3 * 128);
  });

  test('a start that NoETL has no room for is busy, and is not sent again; other failures stay answers', async () => {
    const seen: string[] = [];
    const { url } = await listen((request, response) => {
      seen.push(request.url ?? '');
      const detail = request.url === '/full' ? "the pool 'p' has already 32 requests waiting" : 'relation missing';
      response.writeHead(500, { 'content-type': 'application/json' }).end(JSON.stringify({ detail }));
    });
    const { upstream, events } = upstreamAt(url);
    const start = (path: string) => upstream.request({ ...post(path, {}), class: 'start' });
    await expect(start('/full')).rejects.toMatchObject({ code: 'ERR_OVERLOADED', retryAfterSecs: 2 });
    expect((await start('/broken')).status).toBe(500);
    expect((await upstream.request(post('/full', {}))).status).toBe(500);
    expect(seen).toEqual(['/full', '/broken', '/full']);
    expect(events).toContainEqual({ type: 'upstream_shed', class: 'start', reason: 'busy' });
  });

  test('a route that does not answer is not asked for a while, while another is', async () => {
    const seen: string[] = [];
    const { url } = await listen((request, response) => {
      seen.push(request.url ?? '');
      if (request.url === '/dead') request.socket.destroy();
      else response.end('{}');
    });
    const { upstream, events } = upstreamAt(url);
    for (let n = 0; n < 40; n += 1) await codeOf(upstream.request(post('/dead', {})));
    expect(seen).toHaveLength(30);
    expect((await upstream.request(get('/alive'))).status).toBe(200);
    expect(events).toContainEqual({ type: 'breaker', class: 'read', route: '/dead', state: 'open' });
    expect(upstream.openBreakers()).toEqual(['read /dead']);
  });

  test('second attempts are a share of the calls: an outage is not answered with twice the calls', async () => {
    let calls = 0;
    const { url } = await listen((request) => {
      calls += 1;
      request.socket.destroy();
    });
    const { upstream } = upstreamAt(url);
    for (let n = 0; n < 28; n += 1) await codeOf(upstream.request(get(`/r/${n}`, { route: `/r/${n}` })));
    expect(calls).toBeLessThanOrEqual(28 + 12);
    expect(calls).toBeGreaterThan(28);
  });

  test('a read that waits in the queue of its user does not hold up the same read of another', async () => {
    const hanging: (() => void)[] = [];
    const { url } = await listen((request, response) => {
      if (request.url?.startsWith('/slow')) return void hanging.push(() => response.end('{}'));
      response.end('{}');
    });
    const { upstream } = upstreamAt(url, { timeoutMs: 60_000 });
    const slow = Array.from({ length: 32 }, (_, n) => upstream.request(get(`/slow/${n}`, { user: user('greedy') })));
    await vi.waitUntil(() => hanging.length === 32, { timeout: 15_000 });
    const waits = upstream.request(get('/shared', { user: user('greedy') }));
    expect((await upstream.request(get('/shared', { user: user('other') }))).status).toBe(200);
    for (const answer of hanging) answer();
    await Promise.all([...slow, waits]);
  });
});

describe('answers that are not JSON', () => {
  const listener: RequestListener = (request, response) => {
    const type = new URL(request.url ?? '', 'http://x').searchParams.get('type') ?? '';
    response.writeHead(200, { 'content-type': type, 'x-accept': String(request.headers.accept) });
    response.end(Buffer.from([0x7b, 0x7d, 0xff]));
  };
  test.each([
    ['text', 'application/json', '{}\ufffd'],
    ['base64', 'image/png', 'e33/'],
    ['link', 'image/png; x=1', 'data:image/png;base64,e33/'],
    // A browser would run these as a page of the app.
    ['link', 'image/svg+xml', 'data:application/octet-stream;base64,e33/'],
    ['link', 'text/html', 'data:application/octet-stream;base64,e33/'],
  ] as const)('as %s of %s', async (answer, type, body) => {
    const { upstream } = upstreamAt((await listen(listener)).url);
    const reply = await upstream.request(get('/x', { answer, query: [['type', type]] }));
    expect(reply.body).toBe(body);
  });

  test('an error is read as always', async () => {
    const { url } = await listen((_request, response) => response.writeHead(404).end('{"detail":"gone"}'));
    const { upstream } = upstreamAt(url);
    expect((await upstream.request(get('/x', { answer: 'link' }))).body).toEqual({ detail: 'gone' });
  });
});

test('reads with other headers do not share a call, and each is sent its own', async () => {
  const seen: unknown[] = [];
  const { url } = await listen((request, response) => {
    seen.push(request.headers['x-tenant']);
    response.end('1');
  });
  const { upstream } = upstreamAt(url);
  await Promise.all(['a', 'b'].map((tenant) => upstream.request(get('/x', { headers: { 'x-tenant': tenant } }))));
  expect(seen.toSorted()).toEqual(['a', 'b']);
});
