import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LoadRequest, LoadResult } from './load.ts';

/**
 * The core of the measured process, and the core of all others. A peer alone on its core is measured by what it can do
 * with one, whatever the load costs.
 */
export const cores = { measured: 0, others: 1 } as const;

/**
 * Whether wrk and taskset are here; neither comes with npm. wrk exits with an error when it is asked for its version,
 * so only the start counts.
 */
export const hasWrk = (): boolean =>
  ['wrk', 'taskset'].every((tool) => spawnSync(tool, ['--version']).error === undefined);

/** Keeps every thread of a process on one core. Threads that start later inherit it. */
export function pin(pid: number, core: number): void {
  spawnSync('taskset', ['-acp', String(core), String(pid)]);
}

/**
 * A thousand connections at once are more than the system queues for a listener; it resets the rest. Share of all
 * requests.
 */
const mostFailed = 0.1;

/**
 * {@link load} by wrk, with one thread on the core of the others.
 * @param seconds rounded up, as wrk takes whole ones
 * @throws when wrk did not finish, or a tenth of the requests failed
 */
export async function loadByWrk(
  url: string,
  requests: readonly LoadRequest[],
  seconds: number,
  connections = 32,
): Promise<LoadResult> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-wrk-'));
  try {
    const script = join(folder, 'requests.lua');
    writeFileSync(script, scriptOf(requests));
    const wrk = [
      'wrk',
      '-t1',
      `-c${connections}`,
      `-d${Math.ceil(seconds)}s`,
      '--latency',
      // In place of wrk's two seconds: a slow answer is a figure, and no failure.
      '--timeout',
      '30s',
      '-s',
      script,
      url,
    ];
    const child = spawn('taskset', ['-c', String(cores.others), ...wrk], { stdio: ['ignore', 'pipe', 'inherit'] });
    let text = '';
    child.stdout.on('data', (chunk) => (text += chunk));
    await once(child, 'close');
    return resultOf(text, url);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** @throws when wrk did not finish, or too many requests failed */
function resultOf(text: string, url: string): LoadResult {
  const [, json] = /^RESULT (.*)$/m.exec(text) ?? [];
  if (json === undefined) throw new Error(`wrk did not finish: ${text}`);
  const { kinds, total, micros, p50, p99, failed } = JSON.parse(json) as WrkResult;
  if (failed > total * mostFailed) throw new Error(`${failed} of ${total} requests to ${url} failed: ${kinds}`);
  const requestsPerSecond = Math.round((total / micros) * 1e6);
  return { requestsPerSecond, requests: total, p50Ms: p50 / 1_000, p99Ms: p99 / 1_000, failed };
}

/** What `done` of the script prints. Latencies and the duration are microseconds. */
interface WrkResult extends Readonly<Record<'total' | 'micros' | 'p50' | 'p99' | 'failed', number>> {
  /** Failures by kind, in words. */
  readonly kinds: string;
}

/**
 * Sends the requests in turn. They contain plain text of this file only, so a JSON string is a Lua string.
 * wrk has one thread here, so `at` is one counter for all connections. `wrk.format` is called once for each request,
 * since the script runs on the core of the load.
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
  print(string.format('RESULT {"total":%d,"micros":%d,"p50":%f,"p99":%f,"failed":%d,"kinds":"%d connect, %d read, %d write, %d status, %d timeout"}', summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99), e.connect + e.read + e.write + e.status + e.timeout, e.connect, e.read, e.write, e.status, e.timeout))
end
`;
}
