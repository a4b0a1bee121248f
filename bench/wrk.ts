import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LoadRequest, LoadResult } from './load.ts';

/** The core of the measured process, and the core of all others. */
export const cores = { measured: 0, others: 1 } as const;

/** Whether wrk and taskset are here; neither comes with npm. */
export const hasWrk = (): boolean =>
  ['wrk', 'taskset'].every((tool) => spawnSync(tool, ['--version']).error === undefined);

/** Keeps every thread of a process on one core. */
export function pin(pid: number, core: number): void {
  spawnSync('taskset', ['-acp', String(core), String(pid)]);
}

/** {@link load} by wrk: 32 connections of one thread, on the core of the others. @throws as `load` does */
export async function loadByWrk(url: string, requests: readonly LoadRequest[], seconds: number): Promise<LoadResult> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-wrk-'));
  try {
    const script = join(folder, 'requests.lua');
    writeFileSync(script, scriptOf(requests));
    const wrk = ['wrk', '-t1', '-c32', `-d${Math.ceil(seconds)}s`, '--latency', '-s', script, url];
    const child = spawn('taskset', ['-c', String(cores.others), ...wrk], { stdio: ['ignore', 'pipe', 'inherit'] });
    let text = '';
    child.stdout.on('data', (chunk) => (text += chunk));
    await once(child, 'close');
    const [, json] = /^RESULT (.*)$/m.exec(text) ?? [];
    if (json === undefined) throw new Error(`wrk did not finish: ${text}`);
    const { total, micros, p50, p99, failed } = JSON.parse(json) as Record<string, number>;
    if (failed !== 0) throw new Error(`${failed} of ${total} requests to ${url} failed`);
    const requestsPerSecond = Math.round(((total ?? 0) / (micros ?? 1)) * 1e6);
    return { requestsPerSecond, requests: total ?? 0, p50Ms: (p50 ?? 0) / 1_000, p99Ms: (p99 ?? 0) / 1_000 };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Sends the requests in turn. They contain plain text of this file only, so a JSON string is a Lua string. */
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
  print(string.format('RESULT {"total":%d,"micros":%d,"p50":%f,"p99":%f,"failed":%d}', summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99), e.connect + e.read + e.write + e.status + e.timeout))
end
`;
}
