import { createServer } from 'node:http';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { createNoetlStandIn } from '../../../../dev/noetl/stand-in.ts';
import { kinds } from '../rows.ts';

/**
 * NoETL's answers, taken from the stand-in once and then given out as they are: the upstream must not be what is
 * measured. An execution is one of two recorded ones, by the first digits of its id.
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

const started = await start('data/report', {});
const over = idOf(started);
// Longer than any bench.
const running = idOf(await start('regression_test/slow', { seconds: 600 }));
// The first one ends meanwhile.
await sleep(1_000);
const longText = 'A text of a report. '.repeat(1_000);
const [entry] = JSON.parse(await call('/api/executions?page=1&page_size=1')) as readonly Record<string, unknown>[];
const list = JSON.stringify(
  Array.from({ length: 64 }, (_, n) => ({
    ...entry,
    execution_id: `${BigInt(over) + BigInt(n)}`,
    path: 'data/report',
  })),
);
/** By the address as it is asked for. The promise is kept, so that requests at the same time ask once. */
const answers = new Map<string, string | Promise<string>>();

// Peers are idle while others are measured: a connection that is closed meanwhile would be a failed start.
const server = createServer({ keepAliveTimeout: 600_000 }, (request, response) => {
  request.resume();
  request.once('end', () => {
    const { url = '/' } = request;
    const found = answers.get(url) ?? answerTo(url);
    const write = (text: string) => response.writeHead(200, { 'content-type': 'application/json' }).end(text);
    answers.set(url, found);
    if (typeof found === 'string') write(found);
    else
      found.then(
        (text) => answers.set(url, text) && write(text),
        () => response.writeHead(500).end(),
      );
  });
});
server.listen(Number(process.env['ROUTER_PORT']), '127.0.0.1');

/** The recorded answer of an execution gets the id that was asked for. */
function answerTo(url: string): string | Promise<string> {
  if (url === '/health') return '{"status":"ok"}';
  if (url.startsWith('/api/execute?') || url === '/api/execute') return started;
  const wanted = /^\/api\/executions\/(\d+)/.exec(url)?.[1];
  if (wanted === undefined) return list;
  const from = wanted.startsWith(kinds.running) ? running : over;
  return call(url.replace(wanted, from)).then((text) => {
    // The user of the bench may view one playbook.
    const ofWanted = text.replaceAll(from, wanted).replaceAll('regression_test/slow', 'data/report');
    return wanted.startsWith(kinds.large) ? ofWanted.replaceAll('"period":"day"', `"period":"${longText}"`) : ofWanted;
  });
}
