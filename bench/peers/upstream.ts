import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createNoetlStandIn } from '../../dev/noetl/stand-in.ts';
import { reportPeer } from './peer-process.ts';

/** NoETL's answers, taken from the stand-in once and then given out as they are: the upstream must not be what is measured. */
const { id, detail, status, stats, started } = await recorded();
let calls = 0;

const server = createServer((request, response) => {
  calls += 1;
  const path = (request.url ?? '').split('?')[0] ?? '';
  request.resume();
  request.once('end', () => response.writeHead(200, { 'content-type': 'application/json' }).end(answerTo(path)));
});
server.listen(0, '127.0.0.1', () => reportPeer((server.address() as AddressInfo).port, () => calls));

function answerTo(path: string): string {
  if (path === '/api/dashboard/stats') return stats;
  if (path === '/api/execute') return started;
  const [, , , wanted = '', rest] = path.split('/');
  return (rest === 'status' ? status : detail).replaceAll(id, wanted);
}

async function recorded(): Promise<Record<'id' | 'detail' | 'status' | 'stats' | 'started', string>> {
  const noetl = await createNoetlStandIn();
  try {
    const get = async (path: string) => (await fetch(new URL(path, noetl.url))).text();
    const answer = await fetch(new URL('/api/execute', noetl.url), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"path": "data/report", "workload": {}}',
    });
    const started = await answer.text();
    const { execution_id: run } = JSON.parse(started) as { execution_id: string };
    await sleep(500);
    const [ofRun, ofStatus] = [
      await get(`/api/executions/${run}?include_events=false`),
      await get(`/api/executions/${run}/status`),
    ];
    const numbers = JSON.parse(await get('/api/dashboard/stats')) as object;
    // About 400 bytes, as an answer of the Rust server has.
    const padded = JSON.stringify({
      ...numbers,
      padding: 'x'.repeat(Math.max(0, 386 - JSON.stringify(numbers).length)),
    });
    return { id: run, detail: ofRun, status: ofStatus, stats: padded, started };
  } finally {
    await noetl.close();
  }
}
