import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createNoetlStandIn } from '../../../../dev/noetl/stand-in.ts';
import { kinds, numericSize } from '../rows.ts';
import { reportPeer } from './peer-process.ts';

/**
 * NoETL's answers, taken from the stand-in once and then given out as they are: the upstream must not be what is
 * measured. An execution is one of three recorded ones, by the first digits of its id.
 */
const noetl = await createNoetlStandIn();
const call = async (path: string, init?: RequestInit) => (await fetch(new URL(path, noetl.url), init)).text();
const start = (path: string, workload: object) =>
  call('/api/execute', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ path, workload }),
  });
const idOf = (started: string) => (JSON.parse(started) as { execution_id: string }).execution_id;

// Recorded once: the start, an execution that is over and one that runs for longer than any bench.
const started = await start('data/report', {});
const over = idOf(started);
const running = idOf(await start('regression_test/slow', { seconds: 86_400 }));
// The first one ends meanwhile.
await sleep(1_000);
const longText = 'A text of a report. '.repeat(1_000);
const numbers = JSON.parse(await call('/api/dashboard/stats')) as object;
// About 400 bytes, as an answer of the Rust server has.
const stats = JSON.stringify({
  ...numbers,
  padding: 'x'.repeat(Math.max(0, 386 - JSON.stringify(numbers).length)),
});
const [entry] = JSON.parse(await call('/api/executions?page=1&page_size=1')) as readonly Record<string, unknown>[];
const list = JSON.stringify(
  Array.from({ length: 64 }, (_, n) => ({
    ...entry,
    execution_id: `${BigInt(over) + BigInt(n)}`,
    path: 'data/report',
  })),
);
/**
 * As the Rust server sends them. The digits are beyond 2^53, so they are changed in the text: JSON.parse would round
 * them.
 */
const numericList = list.replace(/"(execution_id|catalog_id)":"(\d+)"/g, '"$1":$2');

/** Answers of the stand-in by address. The promise is kept, so that requests at the same time ask once. */
const recorded = new Map<string, Promise<string>>();
let calls = 0;

// Peers are idle while others are measured: a connection that is closed meanwhile would be a failed start.
const server = createServer({ keepAliveTimeout: 600_000 }, (request, response) => {
  calls += 1;
  request.resume();
  request.once('end', () => {
    const found = answerTo(request.url ?? '/');
    const write = (text: string) => response.writeHead(200, { 'content-type': 'application/json' }).end(text);
    if (typeof found === 'string') write(found);
    else found.then(write, () => response.writeHead(500).end());
  });
});
server.listen(0, '127.0.0.1', () => reportPeer((server.address() as AddressInfo).port, () => calls));

const answers = new Map<string, string>();

/** By the address as it is asked for: after its first time an answer is only looked up. */
function answerTo(url: string): string | Promise<string> {
  const known = answers.get(url);
  if (known !== undefined) return known;
  const made = makeAnswer(url);
  if (typeof made === 'string') answers.set(url, made);
  else made.then((text) => answers.set(url, text)).catch(() => {});
  return made;
}

/**
 * The kind of an execution is in the first digits of its id ({@link kinds}); the recorded answer then gets the id that
 * was asked for.
 */
function makeAnswer(url: string): string | Promise<string> {
  if (url.startsWith('/api/dashboard/stats')) return stats;
  if (url.startsWith('/api/execute?') || url === '/api/execute') return started;
  const wanted = /^\/api\/executions\/(\d+)/.exec(url)?.[1];
  if (wanted === undefined) return url.includes(`page_size=${numericSize}`) ? numericList : list;
  const from = wanted.startsWith(kinds.running) ? running : over;
  return record(url.replace(wanted, from)).then((text) => {
    // The user of the bench may view one playbook.
    const ofWanted = text.replaceAll(from, wanted).replaceAll('regression_test/slow', 'data/report');
    return wanted.startsWith(kinds.large) ? ofWanted.replaceAll('"period":"day"', `"period":"${longText}"`) : ofWanted;
  });
}

function record(url: string): Promise<string> {
  const kept = recorded.get(url) ?? call(url);
  recorded.set(url, kept);
  return kept;
}
