import { readdirSync, statSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Outcomes, Scenario, Target } from '../scenario.ts';
import { countOf, hold, openConnection } from './connections.ts';

/** How long unread downloads last, milliseconds. */
const holdMs = 10_000;
/** The gateway looks every 5 s, and resets a connection whose bytes have not moved for 20 s. Sending them takes some seconds. */
const resetMs = 33_000;
/** Requests of a connection that may wait; one more, and the connection is reset at once. */
const ahead = 8;

/** The file of the GraphiQL page whose size is nearest, when the page is built; else the empty text, and the page itself is asked for. */
function assetOf(bytes: number): string {
  try {
    const folder = new URL('../../../../dist/pages/graphiql/assets/', import.meta.url);
    const distance = (name: string) => Math.abs(statSync(new URL(name, folder)).size - bytes);
    const [nearest] = readdirSync(folder)
      .filter((name) => /\.(js|css)$/.test(name))
      .sort((a, b) => distance(a) - distance(b));
    return nearest === undefined ? '' : `/assets/${nearest}`;
  } catch {
    return '';
  }
}

const assetRequest = (bytes: number): string => `GET /graphql${assetOf(bytes)} HTTP/1.1\r\nhost: x\r\n\r\n`;

/** Two callers without a session: one address alone reaches its share of the budget and no more. */
const addresses = ['127.0.0.1', '127.0.0.2'] as const;

interface Reader {
  readonly connections: number;
  readonly sent: string;
  readonly ms: number;
  /** Read every second, bytes. */
  readonly drip?: number;
}

/**
 * More than the system takes of a connection for a caller that does not read: then the gateway's side has the rest. Refusals are
 * smaller, and their connections may stay.
 */
const callersBytes = 128 * 1024;

/** @returns how many connections the gateway has reset in the time; of the others, how many still had `unread` bytes at its side */
async function holdUnread(target: Target, { connections, sent, ms, drip = 0 }: Reader): Promise<Outcomes> {
  const callers = Array.from({ length: connections }, (_, n) =>
    openConnection(target, sent, false, addresses[n % addresses.length]),
  );
  for (const until = performance.now() + ms; performance.now() < until; await delay(1_000)) {
    if (drip > 0) for (const { socket } of callers) socket.read(Math.min(drip, socket.readableLength));
  }
  // A reset is seen when what came before it has been read.
  const received = callers.map(() => 0);
  for (const [n, { socket }] of callers.entries())
    socket.on('data', (chunk) => (received[n] = (received[n] ?? 0) + chunk.length));
  for (const { socket } of callers) socket.resume();
  await delay(1_000);
  const open = (n: number): string => ((received[n] ?? 0) > callersBytes ? 'unread' : 'refused and open');
  const outcomes = countOf(
    callers.map((caller, n) => (caller.outcome() === 'nothing came' ? open(n) : caller.outcome())),
  );
  for (const { socket } of callers) socket.destroy();
  return outcomes;
}

const allReset: Scenario['problem'] = ({ unread = 0 }) =>
  unread === 0 ? undefined : `${unread} connections were not reset`;

/** Of callers who ask for much and read little or nothing. They have no session. */
export const unreadAnswers: readonly Scenario[] = [
  {
    name: 'unread-downloads',
    about: '200 connections ask for the largest static file and read nothing',
    run: (target) => hold(target, 200, assetRequest(Number.MAX_SAFE_INTEGER), holdMs, false),
  },
  {
    name: 'unread-pipelines',
    about: '20 connections send 1,000 requests each, one after the other, and read nothing',
    run: (target) => hold(target, 20, 'GET /health HTTP/1.1\r\nhost: x\r\n\r\n'.repeat(1_000), holdMs, false),
  },
  {
    name: 'unread-assets-far-ahead',
    about: '60 connections of 2 addresses send 99 requests for a file of 260 kB at once and read nothing',
    run: (target) => holdUnread(target, { connections: 60, sent: assetRequest(260_000).repeat(99), ms: 3_000 }),
    problem: allReset,
  },
  {
    name: 'unread-assets',
    about: '120 connections of 2 addresses send 8 requests for a file of 260 kB at once and read nothing',
    run: (target) => holdUnread(target, { connections: 120, sent: assetRequest(260_000).repeat(ahead), ms: resetMs }),
    problem: allReset,
  },
  {
    name: 'unread-in-the-kernel',
    about:
      '400 connections of 2 addresses send 8 requests for a file of 28 kB at once, and the kernel takes the bytes that they do not read',
    run: (target) => holdUnread(target, { connections: 400, sent: assetRequest(28_000).repeat(ahead), ms: resetMs }),
    problem: allReset,
  },
  {
    name: 'dripping-readers',
    about: '60 connections of 2 addresses send 8 requests for a file of 260 kB at once and read 4 KiB a second',
    run: (target) =>
      holdUnread(target, { connections: 60, sent: assetRequest(260_000).repeat(ahead), ms: resetMs, drip: 4_096 }),
  },
];
