import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { WholeBodyMessage } from '../../../../gateway/http/whole-body-message.ts';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const clean of cleanups.splice(0)) clean();
});

type Handle = (request: WholeBodyMessage, response: ServerResponse) => unknown;

/** A server, and one connection to it. */
async function connected(handle: Handle) {
  const requests: WholeBodyMessage[] = [];
  const server = createServer({ IncomingMessage: WholeBodyMessage }, (request, response) => {
    requests.push(request);
    void handle(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket: Socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  let received = '';
  socket.on('data', (chunk) => (received += chunk));
  socket.on('error', () => {});
  cleanups.push(() => {
    socket.destroy();
    server.close();
    server.closeAllConnections();
  });
  return { socket, requests, received: () => received };
}

const post = (body: string, length = body.length) =>
  `POST / HTTP/1.1\r\nhost: x\r\ncontent-length: ${length}\r\n\r\n${body}`;

/** After the parser has handed the body over. */
const taking =
  (seen: (string | undefined)[]): Handle =>
  async (request, response) => {
    await Promise.resolve();
    seen.push(request.takeBody(Number(request.headers['content-length']))?.toString());
    response.end('ok');
  };

async function streamed(request: WholeBodyMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += chunk;
  return text;
}

describe('WholeBodyMessage', () => {
  test('gives a body that came with its headers, and the connection goes on', async () => {
    const seen: (string | undefined)[] = [];
    const { socket, requests, received } = await connected(taking(seen));
    // Two at once, then one more on the same connection.
    socket.write(post('one') + post('two'));
    await expect.poll(() => received().split('ok')).toHaveLength(3);
    socket.write(post('three'));
    await expect.poll(() => received().split('ok')).toHaveLength(4);
    expect(seen).toEqual(['one', 'two', 'three']);
    for (const request of requests) {
      expect(request.readableEnded).toBe(true);
      expect(request.complete).toBe(true);
      expect(request.aborted).toBe(false);
    }
  });

  test('gives it once', async () => {
    const seen: unknown[] = [];
    const { socket, received } = await connected(async (request, response) => {
      await Promise.resolve();
      seen.push(request.takeBody(3)?.toString(), request.takeBody(3));
      response.end('ok');
    });
    socket.write(post('one'));
    await expect.poll(received).toContain('ok');
    expect(seen).toEqual(['one', undefined]);
  });

  test('the stream has it for code that reads the stream', async () => {
    const seen: string[] = [];
    const { socket, requests } = await connected(async (request, response) => {
      await sleep(5);
      seen.push(await streamed(request));
      response.end();
    });
    socket.write(post('one'));
    await expect.poll(() => seen).toEqual(['one']);
    socket.write('POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n3\r\ntwo\r\n0\r\n\r\n');
    await expect.poll(() => seen).toEqual(['one', 'two']);
    expect(requests.map((request) => request.readableEnded)).toEqual([true, true]);
  });

  test.each([5, 60])('leaves a body in two pieces to the stream, in their order, read after %i ms', async (waitMs) => {
    const seen: unknown[] = [];
    const { socket } = await connected(async (request, response) => {
      await sleep(waitMs);
      seen.push(request.takeBody(6), await streamed(request));
      response.end();
    });
    socket.write(post('one', 6));
    await sleep(20);
    socket.write('two');
    await expect.poll(() => seen).toEqual([undefined, 'onetwo']);
  });

  test('an unread body is thrown away, and the connection goes on', async () => {
    const { socket, requests, received } = await connected((_request, response) => response.end('ok'));
    socket.write(post('x'.repeat(100)));
    await expect.poll(received).toContain('ok');
    await expect.poll(() => requests[0]?.readableEnded).toBe(true);
    socket.write(post('more'));
    await expect.poll(() => received().split('ok')).toHaveLength(3);
  });

  test('has nothing for a caller that has left', async () => {
    let taken: unknown = 'not asked';
    const { socket, requests } = await connected(async (request) => {
      await once(request, 'close').catch(() => {});
      taken = request.takeBody(3);
    });
    socket.write(post('one'));
    await expect.poll(() => requests.length).toBe(1);
    socket.destroy();
    await expect.poll(() => taken).toBeUndefined();
  });

  test('does not read on once all of it is here', async () => {
    const resumed: number[] = [];
    const { socket, received } = await connected(async (request, response) => {
      // The end of the message has been reported by then.
      await sleep(20);
      let count = 0;
      const { socket: own } = request;
      const resume = own.resume.bind(own);
      own.resume = () => {
        count += 1;
        return resume();
      };
      request.takeBody(3);
      resumed.push(count);
      own.resume = resume;
      response.end('ok');
    });
    socket.write(post('one'));
    await expect.poll(received).toContain('ok');
    expect(resumed).toEqual([0]);
  });
});
