import { readdirSync, statSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { countOf, type Outcomes, post, type Target } from './scenario.ts';

/** One attack. Bounded in connections and in time. */
export interface Attack {
  readonly name: string;
  /** One sentence for the report. */
  readonly about: string;
  /**
   * Of the gateway's heap. Default: that of a pod. A small one leaves V8 no room for garbage, so that growth is what is
   * in use.
   */
  readonly heapMiB?: number;
  /** Returns when it has let go of everything. */
  run(target: Target): Promise<Outcomes>;
  /** What is wrong with the outcomes; undefined: nothing. Default: an attack may be served, if it costs little. */
  problem?(outcomes: Outcomes): string | undefined;
}

/** How long each attack lasts, milliseconds. The answers that it then waits for come on top. */
const holdMs = 10_000;
/** The gateway looks every 5 s, and resets a connection whose bytes have not moved for 20 s. Sending them takes some seconds. */
const resetMs = 33_000;
/** Requests of a connection that may wait; one more, and the connection is reset at once. */
const ahead = 8;
/**
 * More than the system takes of a connection for a caller that does not read: then the gateway's side has the rest.
 * Refusals are smaller, and their connections may stay.
 */
const callersBytes = 128 * 1024;

/** Connections of an attack: raw ones, with which a request can stay half sent, and an answer unread. */
interface Connections {
  readonly count: number;
  /** Text of one or more HTTP/1.1 requests, whole or in part. */
  readonly sent: string;
  /** They read the first line of an answer. Default: the socket is paused, and answers fill the kernel's buffers. */
  readonly reads?: true;
  /** Default 1: one address alone reaches its share of the budget and no more. */
  readonly addresses?: 2;
  /** How long they are held. Default: {@link holdMs}. */
  readonly ms?: number;
  /** What they read in a second. Default: nothing. */
  readonly dripBytes?: number;
}

/**
 * Opens connections, holds them, lets go.
 * @returns statuses, errors such as a reset, and of those that are still open: how many had `unread` bytes at the
 * gateway's side
 */
async function hold(target: Target, { count, sent, ms = holdMs, dripBytes = 0, ...how }: Connections) {
  const outcomes: (string | undefined)[] = [];
  const sockets: Socket[] = [];
  for (let n = 0; n < count; n += 1) {
    const socket = connect({
      port: target.port,
      host: target.host,
      localAddress: `127.0.0.${1 + (n % (how.addresses ?? 1))}`,
    });
    // Without a listener a reset would end the thread.
    socket.once('error', (error: NodeJS.ErrnoException) => {
      outcomes[n] ??= error.code ?? 'error';
    });
    if (how.reads) socket.once('data', (chunk) => (outcomes[n] ??= /^HTTP\/1\.1 (\d+)/.exec(String(chunk))?.[1]));
    else socket.pause();
    socket.write(sent);
    sockets.push(socket);
    if (n % 50 === 49) await delay(20);
  }
  for (const until = performance.now() + ms; performance.now() < until; await delay(1_000)) {
    if (dripBytes > 0) for (const socket of sockets) socket.read(Math.min(dripBytes, socket.readableLength));
  }
  // A reset is seen when what came before it has been read.
  const received = await readRest(sockets);
  const open = (n: number): string => ((received[n] ?? 0) > callersBytes ? 'unread' : 'refused and open');
  return countOf(sockets.map((_, n) => outcomes[n] ?? open(n)));
}

/** @returns the bytes that each of the connections receives in a second, after which it is closed */
async function readRest(sockets: readonly Socket[]): Promise<readonly number[]> {
  const received = sockets.map(() => 0);
  for (const [n, socket] of sockets.entries()) {
    socket.on('data', (chunk) => (received[n] = (received[n] ?? 0) + chunk.length));
    socket.resume();
  }
  await delay(1_000);
  for (const socket of sockets) socket.destroy();
  return received;
}

const allReset: Attack['problem'] = ({ unread = 0 }) =>
  unread === 0 ? undefined : `${unread} connections were not reset`;

/** Clients that send one request after the other, until the time is over. @param send gets the number of the request */
async function flood(clients: number, send: (n: number) => ReturnType<typeof post>): Promise<Outcomes> {
  const until = performance.now() + holdMs;
  const seen: string[] = [];
  let n = 0;
  const client = async () => {
    while (performance.now() < until) {
      n += 1;
      const { status, code = '' } = await send(n);
      seen.push(status === 0 ? 'no answer' : `${status} ${code}`.trim());
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  return countOf(seen);
}

const query = ({ url }: Target, text: string, token: string) => post(`${url}/graphql`, { query: text }, token);

/** A request whose body is announced and never ends, so that the gateway has to keep what came. */
const announced = (bytes: number, sent: string) =>
  `POST /api/auth/login HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${bytes}\r\n\r\n${sent}`;

/** Asks for the file of the GraphiQL page whose size is nearest, when the page is built; else for the page itself. */
function assetRequest(bytes: number): string {
  const folder = new URL('../../../dist/pages/graphiql/assets/', import.meta.url);
  const distance = (name: string) => Math.abs(statSync(new URL(name, folder)).size - bytes);
  let asset = '';
  try {
    const files = readdirSync(folder).filter((name) => /\.(js|css)$/.test(name));
    asset = `/assets/${files.toSorted((a, b) => distance(a) - distance(b))[0]}`;
  } catch {}
  return `GET /graphql${asset} HTTP/1.1\r\nhost: x\r\n\r\n`;
}

const slow = { addresses: 2, ms: resetMs } as const;
/** JSON with 2^53 + 1, which is kept digit for digit; very many empty objects take far more memory than their text. */
const longNumber = (objects: number): string => `{"n":9007199254740993,"q":[${'{},'.repeat(objects)}{}]}`;
// The sign makes V8 keep two bytes for each character.
const comment = (bytes: number): string => `€ ${'x'.repeat(bytes)}`;
const tenFields = (field: (i: number) => string): string => Array.from({ length: 10 }, (_, i) => field(i)).join(' ');

/** Of callers without a session, of a user whose roles start nothing, of strangers who guess tokens, and of a developer. */
export const attacks: readonly Attack[] = [
  {
    name: 'unread-downloads',
    about: '200 connections ask for the largest static file and read nothing',
    run: (target) => hold(target, { count: 200, sent: assetRequest(Number.MAX_SAFE_INTEGER) }),
  },
  {
    name: 'unread-pipelines',
    about: '20 connections send 1,000 requests each, one after the other, and read nothing',
    run: (target) => hold(target, { count: 20, sent: 'GET /health HTTP/1.1\r\nhost: x\r\n\r\n'.repeat(1_000) }),
  },
  {
    name: 'unread-assets-far-ahead',
    about: '60 connections of 2 addresses send 99 requests for a file of 260 kB at once and read nothing',
    run: (target) => hold(target, { count: 60, addresses: 2, sent: assetRequest(260_000).repeat(99), ms: 3_000 }),
    problem: allReset,
  },
  {
    name: 'unread-assets',
    about: '120 connections of 2 addresses send 8 requests for a file of 260 kB at once and read nothing',
    run: (target) => hold(target, { ...slow, count: 120, sent: assetRequest(260_000).repeat(ahead) }),
    problem: allReset,
  },
  {
    name: 'unread-in-the-kernel',
    about:
      '400 connections of 2 addresses send 8 requests for a file of 28 kB at once, and the kernel takes the bytes that they do not read',
    run: (target) => hold(target, { ...slow, count: 400, sent: assetRequest(28_000).repeat(ahead) }),
    problem: allReset,
  },
  {
    name: 'dripping-readers',
    about: '60 connections of 2 addresses send 8 requests for a file of 260 kB at once and read 4 KiB a second',
    run: (target) => hold(target, { ...slow, count: 60, sent: assetRequest(260_000).repeat(ahead), dripBytes: 4_096 }),
  },
  {
    name: 'large-slow-bodies',
    about: '450 connections announce 1 MiB for a login and send the first 60 kB of it',
    run: (target) => hold(target, { count: 450, sent: announced(1_048_576, 'x'.repeat(60_000)), reads: true }),
  },
  {
    name: 'small-slow-bodies',
    about: '900 connections announce 16 KiB for a login and send almost all of it',
    run: (target) => hold(target, { count: 900, sent: announced(16_384, 'x'.repeat(16_000)), reads: true }),
  },
  {
    name: 'one-long-number',
    about: '4 clients send 1 MB of JSON with one long integer to a route without a session',
    run: ({ url }) => {
      const body = longNumber(340_000);
      return flood(4, () => post(`${url}/api/auth/validate`, body));
    },
  },
  {
    name: 'one-long-number-with-session',
    about: '4 clients of one user send the same as variables of a query',
    run: ({ url, viewer }) => {
      const body = `{"query":"{ __typename }","variables":${longNumber(330_000)}}`;
      return flood(4, () => post(`${url}/graphql`, body, viewer));
    },
  },
  {
    name: 'documents-of-a-megabyte',
    about: 'a user sends 400 queries that differ in a comment of 1 MB',
    run: (target) => {
      const text = comment(1_000_000);
      // The number makes each document a new one for every cache.
      return flood(4, (n) => query(target, `{ __typename } # ${n} ${text}`, target.viewer));
    },
  },
  {
    name: 'documents-within-the-limit',
    about: 'a user sends queries of 30 KB that differ in a comment, as fast as they are answered',
    run: (target) => {
      const text = comment(30_000);
      return flood(4, (n) => query(target, `{ __typename } # ${n} ${text}`, target.viewer));
    },
  },
  {
    name: 'large-lists',
    about: 'a user asks for a catalog of 8 MB, ten times in a query and eight queries at a time',
    // One answer of a user is in work at a time; in a larger heap V8 keeps those before it as garbage, which is no
    // growth.
    heapMiB: 130,
    // Each field asks for another capability, so that no two share a call to NoETL.
    run: (target) =>
      flood(8, (n) => {
        const fields = tenFields((i) => `a${i}: playbooks(capability: "c${n * 10 + i}") { entries { path } }`);
        return query(target, `{ ${fields} }`, target.viewer);
      }),
  },
  {
    name: 'large-integers',
    about: 'a user asks for executions whose id has a million digits',
    run: (target) => flood(4, () => query(target, `{ execution(id: ${'9'.repeat(1_000_000)}) { id } }`, target.viewer)),
  },
  {
    name: 'escapes-in-arguments',
    about: 'a developer starts a playbook with 900 KB of text that is made of escapes and quotes',
    run: ({ url, developer }) => {
      const start = 'mutation ($v: JSON) { executePlaybook(name: "data/none", variables: $v) { id } }';
      // In JSON each of its characters but the brace takes two, and JSON within JSON doubles them again.
      const body = JSON.stringify({ query: start, variables: { v: { a: '{"\\\n'.repeat(150_000) } } });
      return flood(4, () => post(`${url}/graphql`, body, developer));
    },
  },
  {
    name: 'flood-of-guesses',
    about: '8 strangers send made-up session tokens, as fast as they are refused',
    run: (target) => flood(8, (n) => query(target, '{ __typename }', `guess-${n}-${'x'.repeat(24)}`)),
  },
  {
    name: 'flood-of-starts',
    about: 'one developer starts playbooks on 16 connections, ten in a request',
    run: (target) => {
      const fields = tenFields((i) => `a${i}: executePlaybook(name: "data/none") { id }`);
      return flood(16, () => query(target, `mutation { ${fields} }`, target.developer));
    },
  },
];

// In the thread that `run.ts` starts for an attack: its work must not count as the gateway's, nor stop the meter.
if (parentPort !== null) {
  const { name, target } = workerData as { readonly name: string; readonly target: Target };
  const outcomes = await attacks.find((attack) => attack.name === name)?.run(target);
  parentPort.postMessage(outcomes);
}
