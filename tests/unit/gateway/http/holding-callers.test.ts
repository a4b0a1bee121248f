import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { plainText } from '../../../../gateway/http/answer.ts';
import {
  createHttpListener,
  type HttpListener,
  type HttpListenerOptions,
} from '../../../../gateway/http/http-listener.ts';
import { readBody } from '../../../../gateway/http/read-body.ts';

const open: HttpListener[] = [];
const patient = { timeout: 20_000, interval: 50 };
const sockets: Socket[] = [];

async function start(handle: HttpListenerOptions['handle'], limits: HttpListenerOptions['limits']) {
  const listener = createHttpListener({
    handle,
    clientIp: ({ headers }) => String(headers['x-client'] ?? '192.0.2.1'),
    headersFor: () => ({}),
    onError: () => {},
    onDone: () => {},
    limits: { ...limits },
  });
  open.push(listener);
  const port = await listener.listen(0, '127.0.0.1');
  return { port, url: `http://127.0.0.1:${port}` };
}

/** A caller that sends, and reads only when asked to. */
function caller(port: number, sent: string) {
  const socket = connect(port, '127.0.0.1').pause();
  sockets.push(socket);
  const closed = new Promise<string | undefined>((resolve) => {
    let code: string | undefined;
    socket.once('error', (error: NodeJS.ErrnoException) => (code = error.code));
    socket.once('close', () => resolve(code));
  });
  socket.write(sent);
  const answer = async () => {
    let received = '';
    socket.on('data', (chunk) => (received += chunk));
    socket.resume();
    await closed;
    return received;
  };
  return { socket, closed, answer };
}

const get = 'GET / HTTP/1.1\r\nhost: x\r\n\r\n';
const getAndClose = 'GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n';

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await Promise.all(open.splice(0).map((listener) => listener.drain(0)));
});

describe('connections', () => {
  it('beyond the limit of an address are reset', async () => {
    const { port } = await start(async () => plainText(200, 'ok'), { connectionsPerAddress: 2 });
    const kept = [caller(port, ''), caller(port, '')];
    await Promise.all(kept.map(({ socket }) => new Promise((resolve) => socket.once('connect', resolve))));
    const third = caller(port, get);
    third.socket.resume();
    await third.closed;
    kept[0]?.socket.write(getAndClose);
    expect(await kept[0]?.answer()).toContain('200 OK');
    expect(await caller(port, getAndClose).answer()).toContain('200 OK');
  });

  it('behind proxies are not counted by address; requests in flight of one client are', async () => {
    const waiting: (() => void)[] = [];
    const handle = async () => {
      await new Promise<void>((resolve) => waiting.push(resolve));
      return plainText(200, 'ok');
    };
    const { port } = await start(handle, { connectionsPerAddress: 2, isBehindProxy: true });
    const of = (client: string) => `GET / HTTP/1.1\r\nhost: x\r\nx-client: ${client}\r\nconnection: close\r\n\r\n`;
    const first = [caller(port, of('192.0.2.7')), caller(port, of('192.0.2.7')), caller(port, of('192.0.2.8'))];
    await expect.poll(() => waiting.length, patient).toBe(3);
    const refused = await caller(port, of('192.0.2.7')).answer();
    expect(refused).toMatch(/503 Service Unavailable[\s\S]*retry-after: 1[\s\S]*ERR_OVERLOADED/i);
    for (const resolve of waiting) resolve();
    for (const one of first) expect(await one.answer()).toContain('200 OK');
  });
});

it('a connection that sends too many requests ahead is reset', async () => {
  let asked = 0;
  const handle = async () => {
    asked += 1;
    return new Promise<never>(() => {});
  };
  const { port } = await start(handle, {});
  const { socket, closed } = caller(port, get.repeat(9));
  socket.resume();
  await closed;
  expect(asked).toBeLessThanOrEqual(1);
});

it('requests of a connection are answered one after another', async () => {
  const waiting: (() => void)[] = [];
  const handle = async () => {
    await new Promise<void>((resolve) => waiting.push(resolve));
    return plainText(200, 'ok');
  };
  const { port } = await start(handle, {});
  const { answer } = caller(port, get.repeat(7) + getAndClose);
  for (let n = 1; n <= 8; n += 1) {
    await expect.poll(() => waiting.length, patient).toBe(n);
    waiting[n - 1]?.();
  }
  expect((await answer()).match(/200 OK/g)).toHaveLength(8);
});

describe('an answer that is not read', () => {
  const large = 'x'.repeat(16 * 1024 * 1024);

  it('is given up, and its connection is reset', async () => {
    const { port } = await start(async () => plainText(200, large), { unreadMs: 200 });
    caller(port, get);
    await expect.poll(() => open[0]?.connections(), patient).toBe(1);
    await expect.poll(() => open[0]?.connections(), patient).toBe(0);
  });

  it('takes from a budget, of which one address has a quarter; the rest gets 503', async () => {
    const { port } = await start(async () => plainText(200, large), { responseBytes: 16 * 1024 * 1024 });
    const holder = caller(port, get);
    await expect
      .poll(async () => caller(port, getAndClose).answer(), patient)
      .toMatch(/503 [\s\S]*retry-after: 5[\s\S]*ERR_OVERLOADED/i);
    holder.socket.destroy();
    await expect
      .poll(async () => (await caller(port, getAndClose).answer()).length, patient)
      .toBeGreaterThan(large.length);
  });

  it('counts with all of its body, which is in memory', async () => {
    const { port } = await start(async () => plainText(200, large.slice(0, 6 * 1024 * 1024)), {});
    // An address has 16 MiB: two of these, and the third is one too many.
    for (let n = 0; n < 2; n += 1) {
      const { socket } = caller(port, get);
      await new Promise((resolve) => socket.once('readable', resolve));
    }
    expect(await caller(port, getAndClose).answer()).toMatch(/^HTTP\/1.1 503 /);
  });

  it('of other characters than ASCII comes whole, wherever it is cut', async () => {
    const body = `x${'👩‍👩‍👧 中'.repeat(100_000)}`;
    const { url } = await start(async () => plainText(200, body), {});
    expect((await (await fetch(url)).text()) === body).toBe(true);
  });

  it('that is read comes whole, and a file too', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'answers-'));
    const path = join(folder, 'file');
    writeFileSync(path, large);
    const file = { path, sizeBytes: large.length };
    const { url } = await start(
      async ({ path: asked }) => ({ ...plainText(200, large), ...(asked === '/file' && { file }) }),
      {},
    );
    for (const asked of ['/text', '/file']) {
      const answer = await fetch(url + asked);
      expect(answer.headers.get('content-length')).toBe(String(large.length));
      expect((await answer.text()) === large).toBe(true);
    }
    const head = await fetch(`${url}/file`, { method: 'HEAD' });
    expect([head.headers.get('content-length'), await head.text()]).toEqual([String(large.length), '']);
    rmSync(folder, { recursive: true });
  });

  it('that is a file which has grown ends at its promised length', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'answers-'));
    const path = join(folder, 'file');
    writeFileSync(path, 'small and more');
    const { port } = await start(async () => ({ ...plainText(200, ''), file: { path, sizeBytes: 5 } }), {});
    expect(await caller(port, get + getAndClose).answer()).toMatch(/\n\r\nsmallHTTP[\s\S]*\n\r\nsmall$/);
    rmSync(folder, { recursive: true });
  });

  it('that is a small file leaves the connection as it was, for the next requests', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'answers-'));
    const path = join(folder, 'file');
    writeFileSync(path, 'small');
    const listeners: number[] = [];
    const { port } = await start(
      async ({ request }) => {
        listeners.push(request.socket.listenerCount('close'));
        return { ...plainText(200, ''), file: { path, sizeBytes: 5 } };
      },
      { unreadMs: 1 },
    );
    const count = 7;
    const { answer, closed } = caller(port, get.repeat(count) + getAndClose);
    expect((await answer()).match(/small/g)).toHaveLength(count + 1);
    expect(await closed).toBeUndefined();
    expect(listeners.at(-1)).toBe(listeners[1]);
    rmSync(folder, { recursive: true });
  });
});

const answerOf = (bytes: number) => async () => plainText(200, 'x'.repeat(bytes));
const from = (client: string, more = '') => `GET / HTTP/1.1\r\nhost: x\r\nx-client: ${client}\r\n${more}\r\n`;
const close = 'connection: close\r\n';

describe.runIf(process.platform === 'linux')('answers that the kernel has and the caller does not read', () => {
  it.each([
    ['on a connection that stays open', ''],
    ['on one that closes with the answer', close],
  ])('%s are given up', async (_name, more) => {
    const { port } = await start(answerOf(500_000), { unreadMs: 200 });
    const { closed, socket } = caller(port, from('192.0.2.1', more));
    await expect.poll(() => open[0]?.connections(), patient).toBe(1);
    await expect.poll(() => open[0]?.connections(), patient).toBe(0);
    socket.resume();
    expect(await closed).toBe('ECONNRESET');
  });

  it('count, however small each is, and its address gets 503', async () => {
    const { port } = await start(answerOf(100_000), { responseBytes: 4 * 1024 * 1024 });
    for (let n = 0; n < 3; n += 1) caller(port, from('192.0.2.1').repeat(8));
    await expect.poll(() => caller(port, from('192.0.2.1', close)).answer(), patient).toMatch(/^HTTP\/1.1 503 /);
    expect(await caller(port, from('192.0.2.2', close)).answer()).toMatch(/^HTTP\/1.1 200 /);
  });

  it('of many callers make room for one who holds nothing', async () => {
    const { port } = await start(answerOf(100_000), { responseBytes: 4 * 1024 * 1024 });
    const holders = [1, 2, 3, 4, 5].map((n) => caller(port, from(`192.0.2.${n}`).repeat(8)));
    await Promise.all(holders.map(({ socket }) => new Promise((resolve) => socket.once('readable', resolve))));
    for (let n = 10; n < 20; n += 1) {
      expect(await caller(port, from(`192.0.2.${n}`, close)).answer()).toMatch(/^HTTP\/1.1 200 /);
    }
  });

  it('give their bytes back when they are read', async () => {
    const { port } = await start(answerOf(100_000), { responseBytes: 1024 * 1024 });
    const holder = caller(port, from('192.0.2.1').repeat(2));
    await new Promise((resolve) => holder.socket.once('readable', resolve));
    holder.socket.resume();
    let received = 0;
    holder.socket.on('data', (chunk: Buffer) => (received += chunk.length));
    for (let n = 1; n <= 50; n += 1) {
      holder.socket.write(from('192.0.2.1'));
      await expect.poll(() => received, { ...patient, interval: 1 }).toBeGreaterThan((n + 2) * 100_000);
      expect(await caller(port, from('192.0.2.1', close)).answer()).toMatch(/^HTTP\/1.1 200 /);
    }
  });

  it('beyond 1 MiB stop the requests of their connection until they are read', async () => {
    let asked = 0;
    const handle = async () => {
      asked += 1;
      return plainText(200, 'x'.repeat(400_000));
    };
    const { port } = await start(handle, {});
    const { answer, socket } = caller(port, get.repeat(7) + getAndClose);
    await new Promise((resolve) => socket.once('readable', resolve));
    await new Promise((resolve) => setTimeout(resolve, 300));
    // Three answers are more than that, and what the caller's kernel has acknowledged is one more.
    expect(asked).toBeLessThan(8);
    expect((await answer()).length).toBeGreaterThan(8 * 400_000);
    expect(asked).toBe(8);
  });

  it('do not stay in the kernel when keep-alive ends', async () => {
    const { port } = await start(answerOf(500_000), { keepAliveMs: 300 });
    const { closed, socket } = caller(port, from('192.0.2.1'));
    await expect.poll(() => open[0]?.connections(), patient).toBe(1);
    await expect.poll(() => open[0]?.connections(), patient).toBe(0);
    socket.resume();
    expect(await closed).toBe('ECONNRESET');
    const reader = caller(port, from('192.0.2.1'));
    reader.socket.resume();
    expect(await reader.closed).toBeUndefined();
  });
});

describe('a body', () => {
  const slowly = 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 900\r\n\r\n{';
  const read =
    (timeoutMs: number): HttpListenerOptions['handle'] =>
    async ({ request, bodyLease: lease }) =>
      plainText(200, String((await readBody(request, { maxBytes: 1_000, timeoutMs, lease })).length));

  it('that does not arrive in time is refused', async () => {
    const { port } = await start(read(50), {});
    expect(await caller(port, slowly).answer()).toMatch(/400 Bad Request[\s\S]*did not arrive in time/);
  });

  it('counts before it is read, and one address leaves room for others', async () => {
    const { port, url } = await start(read(60_000), { requestBytes: 4_000 });
    const slow = caller(port, slowly);
    await new Promise((resolve) => slow.socket.once('connect', resolve));
    await expect.poll(async () => (await send(url, '192.0.2.1')).status, patient).toBe(503);
    expect((await send(url, '192.0.2.2')).status).toBe(200);
    slow.socket.destroy();
    await expect.poll(async () => (await send(url, '192.0.2.1')).status, patient).toBe(200);
  });

  const send = (url: string, client: string) =>
    fetch(url, { method: 'POST', body: 'x'.repeat(500), headers: { 'x-client': client } });
});

describe('a header that has one value', () => {
  const twice = (name: string, one: string, two: string) =>
    `GET / HTTP/1.1\r\nhost: x\r\n${name}: ${one}\r\n${name}: ${two}\r\nconnection: close\r\n\r\n`;

  it.each(['Content-Type', 'Origin', 'Sec-Fetch-Site', 'X-Request-Id'])(
    '%s twice is refused when the values differ',
    async (name) => {
      const { port } = await start(async () => plainText(200, 'ok'), {});
      expect(await caller(port, twice(name, 'a', 'b')).answer()).toContain('400 Bad Request');
      expect(await caller(port, twice(name, 'a', 'a')).answer()).toContain('200 OK');
    },
  );
});
