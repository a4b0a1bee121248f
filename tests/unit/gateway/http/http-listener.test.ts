import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { json, plainText } from '../../../../gateway/http/answer.ts';
import type { Exchange } from '../../../../gateway/http/exchange.ts';
import { whenExchangeEnds } from '../../../../gateway/http/exchange-scope.ts';
import { createHttpListener, type HttpListener } from '../../../../gateway/http/http-listener.ts';
import { parseBody, readBody } from '../../../../gateway/http/read-body.ts';
import { GatewayError } from '../../../../plugins/errors.ts';
import { rawRequest } from '../../../support/raw-request.ts';

const open: HttpListener[] = [];

async function start(handle: Parameters<typeof createHttpListener>[0]['handle']) {
  const seen: { errors: unknown[]; done: number[] } = { errors: [], done: [] };
  const listener = createHttpListener({
    handle,
    clientIp: () => '192.0.2.1',
    headersFor: () => ({ 'x-everywhere': 'yes' }),
    onError: (error) => seen.errors.push(error),
    onDone: (_exchange, status) => seen.done.push(status),
  });
  open.push(listener);
  const port = await listener.listen(0, '127.0.0.1');
  return { listener, url: `http://127.0.0.1:${port}`, port, seen };
}

afterEach(async () => {
  await Promise.all(open.splice(0).map((listener) => listener.drain(0)));
});

describe('createHttpListener', () => {
  it('gives every answer a request id and the common headers, errors too', async () => {
    const { url, seen } = await start(async () => {
      throw new Error('secret detail');
    });
    const answer = await fetch(url, { headers: { 'x-request-id': 'mine-1' } });
    expect(answer.status).toBe(500);
    expect(answer.headers.get('x-request-id')).toBe('mine-1');
    expect(answer.headers.get('x-everywhere')).toBe('yes');
    expect(await answer.text()).not.toContain('secret detail');
    expect(seen.errors).toHaveLength(1);
  });

  it('ends the exchange also when the error cannot be reported', async () => {
    let ended = 0;
    const listener = createHttpListener({
      handle: async () => {
        whenExchangeEnds(() => {
          ended += 1;
        });
        throw new Error('not expected');
      },
      clientIp: () => '192.0.2.1',
      headersFor: () => ({}),
      onError: () => {
        throw new Error('the log is broken');
      },
      onDone: () => {},
    });
    open.push(listener);
    const port = await listener.listen(0, '127.0.0.1');
    await expect(fetch(`http://127.0.0.1:${port}`)).rejects.toThrow();
    expect([ended, listener.inFlight()]).toEqual([1, 0]);
  });

  it.each([3, 10_000, 400_000])('sends pieces of %i bytes one after another', async (size) => {
    const pieces = ['{"a":"', 'é'.repeat(size / 2), '"}'].map((piece) => Buffer.from(piece));
    const whole = Buffer.concat(pieces);
    const { url } = await start(async () => ({ status: 200, headers: {}, body: '', pieces }));
    for (const _ of [1, 2]) {
      const answer = await fetch(url);
      expect(answer.headers.get('content-length')).toBe(`${whole.length}`);
      expect(Buffer.from(await answer.arrayBuffer()).equals(whole)).toBe(true);
    }
    const head = await fetch(url, { method: 'HEAD' });
    expect([head.headers.get('content-length'), await head.text()]).toEqual([`${whole.length}`, '']);
  });

  it('reads a body that comes with its headers, and one that comes later', async () => {
    const ended: (() => boolean)[] = [];
    const { url, port } = await start(async ({ request }) => {
      ended.push(() => request.readableEnded);
      return json(200, parseBody(await readBody(request, { maxBytes: 99 })));
    });
    const body = '{"a":"é"}';
    expect(await (await fetch(url, { method: 'POST', body })).text()).toBe(body);
    const head = `POST / HTTP/1.1\r\nhost: x\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n`;
    expect(await rawRequest(url, `${head}${body}`)).toContain(body);
    const late = connect(port, '127.0.0.1');
    late.write(`${head}${body.slice(0, 3)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
    late.write(body.slice(3));
    const [answer] = (await once(late, 'data')) as [Buffer];
    late.destroy();
    expect(answer.toString()).toContain(body);
    // Else its connection keeps the request until the next one.
    expect(ended.map((isEnded) => isEnded())).toEqual([true, true, true]);
  });

  it('counts a caller who left as such, at once, and finishes the work; a bug is still reported', async () => {
    const leaving: AbortController[] = [];
    const working: (() => void)[] = [];
    const { url, seen, listener } = await start(async () => {
      leaving.shift()?.abort();
      const bug = working.length === 1;
      await new Promise<void>((resolve) => working.push(resolve));
      if (bug) throw new Error('a bug');
      return plainText(200, 'too late');
    });
    for (const _ of [1, 2]) {
      const leave = new AbortController();
      leaving.push(leave);
      await fetch(url, { signal: leave.signal }).catch(() => {});
    }
    await expect.poll(() => seen.done).toEqual([499, 499]);
    expect(await listener.drain(50), 'their work is in flight').toBe(false);
    const drained = listener.drain(5_000);
    for (const finish of working) finish();
    expect(await drained).toBe(true);
    expect(seen.errors).toEqual([new Error('a bug')]);
    expect(seen.done).toEqual([499, 499]);
  });

  it.each(['has blanks', 'x'.repeat(129), 'semi;colon'])('replaces the request id %j', async (id) => {
    const { url } = await start(async () => plainText(200, 'ok'));
    const answer = await fetch(url, { headers: { 'x-request-id': id } });
    expect(answer.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('a body that is read a second time has ended early, at once', async () => {
    const { url, seen } = await start(async ({ request }) => {
      await readBody(request, { maxBytes: 64 });
      return plainText(200, String(await readBody(request, { maxBytes: 64 })));
    });
    const answer = await fetch(url, { method: 'POST', body: 'one', signal: AbortSignal.timeout(5_000) });
    expect(answer.status).toBe(400);
    expect(seen.errors).toEqual([expect.objectContaining({ code: 'ERR_REQUEST_INVALID' })]);
  });

  it('refuses a body over the limit, by its header and by its bytes', async () => {
    const { url } = await start(async ({ request }: Exchange) =>
      json(200, parseBody(await readBody(request, { maxBytes: 64 }))),
    );
    expect((await fetch(url, { method: 'POST', body: 'x'.repeat(65) })).status).toBe(413);
    const chunks = new ReadableStream({
      start(controller) {
        for (let i = 0; i < 9; i += 1) controller.enqueue(new TextEncoder().encode('12345678'));
        controller.close();
      },
    });
    const streamed = await fetch(url, { method: 'POST', body: chunks, duplex: 'half' } as RequestInit);
    expect(streamed.status).toBe(413);
    expect((await fetch(url, { method: 'POST', body: '{"n": 9007199254740993}' })).status).toBe(200);
    const exact = await fetch(url, { method: 'POST', body: '{"n": 9007199254740993}' });
    expect(await exact.text()).toBe('{"n":9007199254740993}');
  });

  it('refuses a body of very many objects before it is parsed', () => {
    const bodyOf = (objects: number) => Buffer.from(`[${'{},'.repeat(objects - 1)}{}]`);
    expect(parseBody(bodyOf(99_999))).toHaveLength(99_999);
    expect(() => parseBody(bodyOf(100_000))).toThrow('too many objects');
  });

  it('refuses a compressed body', async () => {
    const { url } = await start(async ({ request }) =>
      plainText(200, String((await readBody(request, { maxBytes: 64 })).length)),
    );
    const answer = await fetch(url, { method: 'POST', body: 'x', headers: { 'content-encoding': 'gzip' } });
    expect(answer.status).toBe(415);
  });

  it('finishes what is in flight when it stops, and takes nothing new', async () => {
    let release: (() => void) | undefined;
    const begun = new Promise<void>((resolveBegun) => {
      release = undefined;
      void start(async () => {
        await new Promise<void>((resolve) => {
          release = resolve;
          resolveBegun();
        });
        return plainText(200, 'finished');
      }).then(({ url }) => {
        inFlight = fetch(url).then((answer) => answer.text());
      });
    });
    let inFlight: Promise<string> | undefined;
    await begun;
    const listener = open[0];
    if (listener === undefined) throw new Error('no listener');
    const drained = listener.drain(5_000);
    release?.();
    expect(await drained).toBe(true);
    expect(await inFlight).toBe('finished');
  });

  it('refuses new work on a connection that was already there', async () => {
    let hold: (() => void) | undefined;
    const { listener, port } = await start(async ({ path }) => {
      if (path === '/slow') await new Promise<void>((resolve) => (hold = resolve));
      return plainText(200, path);
    });
    const socket = connect(port, '127.0.0.1');
    let received = '';
    socket.on('data', (chunk) => (received += chunk));
    socket.on('error', () => {});
    socket.write('GET /slow HTTP/1.1\r\nhost: x\r\n\r\n');
    await until(() => hold !== undefined);
    const drained = listener.drain(5_000);
    socket.write('GET /new HTTP/1.1\r\nhost: x\r\n\r\n');
    hold?.();
    await drained;
    await until(() => socket.destroyed || socket.readableEnded);
    expect(received).toContain('/slow');
    expect(received).not.toContain('\r\n\r\n/new');
  });

  it('reports it when time runs out', async () => {
    const { promise: isHandled, resolve: handled } = Promise.withResolvers<void>();
    const { listener, url } = await start(() => {
      handled();
      return new Promise(() => {});
    });
    const pending = fetch(url).catch(() => 'cut');
    await isHandled;
    expect(await listener.drain(20)).toBe(false);
    expect(await pending).toBe('cut');
  });

  it('rejects when the port is taken', async () => {
    const { port } = await start(async () => plainText(200, ''));
    const second = createHttpListener({
      handle: async () => plainText(200, ''),
      clientIp: () => '',
      headersFor: () => ({}),
      onError: () => {},
      onDone: () => {},
    });
    await expect(second.listen(port, '127.0.0.1')).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });

  it('passes on Retry-After', async () => {
    const { url } = await start(async () => {
      throw new GatewayError('ERR_OVERLOADED', 'busy', { retryAfterSecs: 1.2 });
    });
    const answer = await fetch(url);
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '2']);
  });
});

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}
