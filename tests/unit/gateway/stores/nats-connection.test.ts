import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { keepNatsConnected, parseNatsUrl } from '../../../../gateway/stores/nats-connection.ts';

describe('a NATS URL', () => {
  test.each([
    ['nats://127.0.0.1', { servers: '127.0.0.1:4222' }],
    ['nats://[::1]:4223', { servers: '[::1]:4223' }],
    ['nats://ada:p%40ss@nats.example.com', { servers: 'nats.example.com:4222', user: 'ada', pass: 'p@ss' }],
    ['nats://secret@nats.example.com', { servers: 'nats.example.com:4222', token: 'secret' }],
    ['tls://nats.example.com', { servers: 'nats.example.com:4222', tls: {} }],
    ['nats://nats.example.com?tls=true', { servers: 'nats.example.com:4222', tls: {} }],
  ])('%s', (given, want) => {
    expect(parseNatsUrl(given)).toEqual({ connection: want, bucket: 'noetl_gateway_sessions', replicas: 1 });
  });

  test('may name the bucket and its copies', () => {
    expect(parseNatsUrl('nats://n.example.com?bucket=b&replicas=3')).toMatchObject({ bucket: 'b', replicas: 3 });
  });
});

test('attempts at a server that says nothing leave no socket open', async () => {
  const sockets: Socket[] = [];
  const server = createServer((socket) => void sockets.push(socket.on('error', () => {}))).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const servers = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const link = keepNatsConnected({ servers, timeout: 50 }, { onConnected: () => {}, onLost: () => {} });
  while (sockets.length < 3) await delay(20);
  await link.close();
  // Without a close at the other end this waits for ever.
  for (const socket of sockets) if (!socket.destroyed) await once(socket.resume(), 'close');
  server.close();
});
