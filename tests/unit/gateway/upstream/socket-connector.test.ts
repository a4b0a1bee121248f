import { once } from 'node:events';
import { type AddressInfo, createServer, Socket } from 'node:net';
import { Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { Pool } from 'undici';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { createSocketConnector } from '../../../../gateway/upstream/socket-connector.ts';

/** Answers each connection by a script, which gets the socket and what it sent so far. */
async function serverOf(answer: (socket: Socket, received: string) => void): Promise<string> {
  const server = createServer((socket) => {
    let received = '';
    socket.setNoDelay(true).setEncoding('latin1');
    socket.on('error', () => {});
    socket.on('data', (text) => {
      received += text;
      answer(socket, received);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => sockets.add(socket));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function poolOf(url: string, isOwn = true): Pool {
  const pool = new Pool(url, { connections: 1, ...(isOwn && { connect: createSocketConnector(1_000) }) });
  onTestFinished(() => pool.destroy());
  return pool;
}

async function read(pool: Pool, path = '/') {
  const { statusCode, headers, body } = await pool.request({ path, method: 'GET' });
  return { statusCode, headers, text: await body.text() };
}

const isWhole = (received: string): boolean => received.endsWith('\r\n\r\n');
const answerOf = (body: string, more = ''): Buffer =>
  Buffer.from(`HTTP/1.1 200 OK\r\ncontent-length: ${Buffer.byteLength(body)}\r\n${more}\r\n${body}`);

/** Repeatable numbers below `limit`. */
function numbers(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state % limit;
  };
}

async function inPieces(socket: Socket, bytes: Buffer, next: (limit: number) => number): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const to = Math.min(bytes.length, at + 1 + next(90));
    socket.write(bytes.subarray(at, to));
    at = to;
    if (next(3) === 0) await wait(1);
  }
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe('reading', () => {
  it.each([1, 2, 3, 4, 5, 6])('gives what undici gives, however the answer is cut (seed %i)', async (seed) => {
    const body = `{"value": "${'Grüße, 世界 '.repeat(20 + seed)}"}`;
    const next = numbers(seed);
    const url = await serverOf((socket, received) => {
      if (isWhole(received)) void inPieces(socket, answerOf(body, 'x-seen: yes\r\n'), next);
    });
    const own = await read(poolOf(url));
    expect(own).toEqual(await read(poolOf(url, false)));
    expect(own.text).toBe(body);
  });

  it('gives a body in chunks, and one that ends with its connection', async () => {
    const chunked = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nWiki\r\n6\r\npedia \r\n0\r\n\r\n';
    const pool = poolOf(await serverOf((socket, received) => void (isWhole(received) && socket.write(chunked))));
    expect((await read(pool)).text).toBe('Wikipedia ');
    const open = 'HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nuntil the end';
    const closing = poolOf(await serverOf((socket, received) => void (isWhole(received) && socket.end(open))));
    expect((await read(closing)).text).toBe('until the end');
  });

  it('keeps the order of a long body whose reader pauses', async () => {
    const body = Array.from({ length: 400_000 }, (_, n) => `${n},`).join('');
    const pool = poolOf(await serverOf((socket, received) => void (isWhole(received) && socket.write(answerOf(body)))));
    const { body: stream } = await pool.request({ path: '/', method: 'GET' });
    const pieces: Buffer[] = [];
    for await (const piece of stream) {
      pieces.push(piece as Buffer);
      if (pieces.length % 10 === 0) await wait(1);
    }
    expect(Buffer.concat(pieces).toString() === body).toBe(true);
  });

  it('uses a connection again, and puts no small answer into the queue of the socket', async () => {
    const queued = vi.spyOn(Socket.prototype, 'push');
    let connections = 0;
    const url = await serverOf((socket, received) => {
      if (received.indexOf('\r\n\r\n') === received.length - 4) connections += 1;
      if (isWhole(received)) socket.write(answerOf(`${received.split('\r\n\r\n').length - 1}`));
    });
    const pool = poolOf(url);
    const clientSide = () =>
      (queued.mock.contexts as Socket[]).filter((socket) => `${socket.remotePort}` === new URL(url).port);
    expect([(await read(pool)).text, (await read(pool)).text, (await read(pool)).text]).toEqual(['1', '2', '3']);
    expect(connections).toBe(1);
    expect(clientSide()).toEqual([]);
  });

  it('takes nothing of an answer to no request', async () => {
    const url = await serverOf((socket, received) => {
      if (!isWhole(received)) return;
      socket.write(answerOf('mine'));
      setTimeout(() => socket.write(answerOf('smuggled')), 20);
    });
    const pool = poolOf(url);
    expect((await read(pool)).text).toBe('mine');
    await wait(60);
    expect((await read(pool)).text).toBe('mine');
  });

  it('keeps the order for a reader that takes a number of bytes and leaves the rest', async () => {
    const sent = ['first,', 'second,', 'third'];
    const url = new URL(await serverOf((socket) => void socket.write(sent.shift() ?? '')));
    const { hostname, port, host, protocol } = url;
    const socket = await new Promise<Socket>((resolve, reject) => {
      createSocketConnector(1_000)({ hostname, port, host, protocol }, (...[error, opened]) =>
        error === null ? resolve(opened) : reject(error),
      );
    });
    onTestFinished(() => void socket.destroy());
    const ask = async () => {
      socket.write('next');
      await wait(20);
    };
    const seen: string[] = [];
    let bytes: number | undefined = 4;
    socket.on('readable', () => {
      const chunk: Buffer | null = socket.read(bytes);
      if (chunk !== null) seen.push(String(chunk));
    });
    await ask();
    bytes = undefined;
    await ask();
    await ask();
    expect(seen.join('')).toBe('first,second,third');
    expect(seen[0]).toBe('firs');
  });

  it('fails when the connection breaks within a body, or cannot be opened', async () => {
    const half = answerOf('a body that never ends').subarray(0, -5);
    const pool = poolOf(await serverOf((socket, received) => void (isWhole(received) && socket.end(half))));
    await expect(read(pool)).rejects.toThrow(/other side closed|terminated/);
    await expect(read(poolOf('http://127.0.0.1:1'))).rejects.toThrow(/ECONNREFUSED/);
  });
});

describe('writing', () => {
  const echo = () =>
    serverOf((socket, received) => {
      const [head = '', ...rest] = received.split('\r\n\r\n');
      const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
      const body = rest.join('\r\n\r\n');
      if (body.length < length) return;
      socket.end(`HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: ${length}\r\n\r\n${body}`, 'latin1');
    });

  it.each([
    ['short ASCII', '{"path": "data/report"}'],
    ['short text of other characters', '{"city": "Zürich – 東京 🗼"}'],
    ['a long body', `{"text": "${'ä'.repeat(40_000)}"}`],
    ['an empty body', ''],
  ])('sends %s as it is', async (_, body) => {
    const { body: answer } = await poolOf(await echo()).request({ path: '/', method: 'POST', body });
    expect((await answer.text()) === body).toBe(true);
  });

  it('sends a stream', async () => {
    const pieces = ['one ', 'zwölf ', 'three'];
    const body = Readable.from(pieces, { objectMode: false });
    const headers = { 'content-length': String(Buffer.byteLength(pieces.join(''))) };
    const { body: answer } = await poolOf(await echo()).request({ path: '/', method: 'POST', headers, body });
    expect(await answer.text()).toBe(pieces.join(''));
  });

  it('sends a short body together with its headers', async () => {
    const packets: string[] = [];
    const url = await serverOf((socket, received) => {
      packets.push(received);
      socket.write(answerOf('done'));
    });
    const many = vi.spyOn(Socket.prototype, '_writev' as never);
    await poolOf(url).request({ path: '/', method: 'POST', body: 'short' });
    expect(packets).toHaveLength(1);
    expect(packets[0]).toMatch(/\r\n\r\nshort$/);
    expect(many).not.toHaveBeenCalled();
    await poolOf(url).request({ path: '/', method: 'POST', body: 'long'.repeat(5_000) });
    expect(many).toHaveBeenCalledTimes(1);
  });
});
