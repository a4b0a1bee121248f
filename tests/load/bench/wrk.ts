import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text as textOf } from 'node:stream/consumers';

/** One kind of request. */
export interface LoadRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** What a load measured. Latencies are milliseconds. */
export interface LoadResult {
  readonly requestsPerSecond: number;
  readonly requests: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly failed: number;
}

/**
 * The core of the measured process, and the core of all others. A peer alone on its core is measured by what it can do
 * with one, whatever the load costs.
 */
export const cores = { measured: 0, others: 1 } as const;

/** Whether wrk and taskset are installed; neither comes with npm. */
export const hasWrk = (): boolean =>
  ['wrk', 'taskset'].every((tool) => spawnSync(tool, ['--version']).error === undefined);

/** Keeps every thread of a process on one core. Threads that start later inherit it. */
export function pin(pid: number, core: number): void {
  spawnSync('taskset', ['-acp', String(core), String(pid)]);
}

/**
 * Sends the requests in turn by wrk, with one thread on the core of the others.
 * @param seconds rounded up, as wrk takes whole ones
 * @param connections kept open, one request at a time on each
 * @throws when wrk did not finish, or a tenth of the requests failed: an error is answered sooner than data
 */
export async function load(
  url: string,
  requests: readonly LoadRequest[],
  seconds: number,
  connections: number,
): Promise<LoadResult> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-wrk-'));
  try {
    const script = join(folder, 'requests.lua');
    writeFileSync(script, scriptOf(requests));
    // In place of wrk's two seconds: a slow answer is a figure, and no failure.
    const options = ['-t1', `-c${connections}`, `-d${Math.ceil(seconds)}s`, '--latency', '--timeout', '30s'];
    const command = ['-c', String(cores.others), 'wrk', ...options, '-s', script, url];
    const child = spawn('taskset', command, { stdio: ['ignore', 'pipe', 'inherit'] });
    const [text] = await Promise.all([textOf(child.stdout), once(child, 'close')]);
    return resultOf(text, url);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What `done` of the script prints. Latencies and the duration are microseconds; `kinds` are failures in words. */
type WrkResult = Readonly<Record<'total' | 'micros' | 'p50' | 'p99' | 'failed', number>> & { readonly kinds: string };

function resultOf(text: string, url: string): LoadResult {
  const [, json] = /^RESULT (.*)$/m.exec(text) ?? [];
  if (json === undefined) throw new Error(`wrk did not finish: ${text}`);
  const { kinds, total, micros, p50, p99, failed } = JSON.parse(json) as WrkResult;
  // A thousand connections at once are more than the system queues for a listener; it resets the rest.
  if (failed > total / 10) throw new Error(`${failed} of ${total} requests to ${url} failed: ${kinds}`);
  const requestsPerSecond = Math.round((total / micros) * 1e6);
  return { requestsPerSecond, requests: total, p50Ms: p50 / 1_000, p99Ms: p99 / 1_000, failed };
}

/**
 * Requests contain plain text of this folder only, so a JSON string is a Lua string. `wrk.format` is called once for
 * each request, since the script runs on the core of the load.
 */
function scriptOf(requests: readonly LoadRequest[]): string {
  const made = requests.map(({ method, path, headers, body }) => {
    const table = Object.entries(headers).map(([name, value]) => `[${JSON.stringify(name)}]=${JSON.stringify(value)}`);
    const rest = body === undefined ? '' : `, ${JSON.stringify(body)}`;
    return `  all[#all + 1] = wrk.format(${JSON.stringify(method)}, ${JSON.stringify(path)}, {${table.join(', ')}}${rest})`;
  });
  return `local all, at = {}, 0
init = function()
${made.join('\n')}
end
request = function()
  at = at % #all + 1
  return all[at]
end
done = function(summary, latency)
  local e = summary.errors
  local kinds = string.format('%d connect, %d read, %d write, %d status, %d timeout', e.connect, e.read, e.write, e.status, e.timeout)
  local failed = e.connect + e.read + e.write + e.status + e.timeout
  print(string.format('RESULT {"total":%d,"micros":%d,"p50":%f,"p99":%f,"failed":%d,"kinds":"%s"}',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), failed, kinds))
end
`;
}
