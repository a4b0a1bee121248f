import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

/**
 * What was seen while a scenario ran. The median of `/health` shows whether the event loop has time; one slow answer
 * may be the machine's.
 */
export interface Reading {
  readonly healthMedianMs: number;
  readonly healthMaxMs: number;
  /** Other statuses than 200, errors, and answers later than ten seconds. */
  readonly healthFailures: number;
  /** Of another user, other answers than 200. */
  readonly refusedQueries: number;
  /** Resident memory of the gateway and what the kernel holds for its sockets, MiB: what a container is charged for. */
  readonly startMiB: number;
  readonly peakMiB: number;
  /** Of the peak, what the kernel holds for the gateway's ends of its connections. */
  readonly kernelMiB: number;
}

/**
 * Asks `/health` ten times a second, and reads the memory each time. Its address is not that of any attack.
 * @param pid of the gateway
 * @param token of a user who takes no part; he asks once a second
 * @returns what stops it and gives the reading
 */
export async function startMeter(url: string, pid: number, token?: string): Promise<() => Promise<Reading>> {
  const times: number[] = [];
  const { port } = new URL(url);
  const start = await memoryOf(pid, port);
  let peak = { mib: 0, kernelMib: 0 };
  let [failures, refusedQueries, stopped] = [0, 0, false];
  const watching = async () => {
    while (!stopped) {
      const startedAt = performance.now();
      if (!(await isServed(`${url}/health`))) failures += 1;
      const ms = performance.now() - startedAt;
      times.push(ms);
      const now = await memoryOf(pid, port);
      if (now.mib > peak.mib) peak = now;
      await delay(Math.max(0, 100 - ms));
    }
  };
  const asking = async () => {
    while (token !== undefined && !stopped) {
      if (!(await isServed(`${url}/graphql?query=%7B__typename%7D`, token))) refusedQueries += 1;
      await delay(1_000);
    }
  };
  const done = Promise.all([watching(), asking()]);
  return async () => {
    stopped = true;
    await done;
    const sorted = times.toSorted((a, b) => a - b);
    return {
      healthMedianMs: Math.round(sorted[Math.floor(sorted.length / 2)] ?? 0),
      healthMaxMs: Math.round(sorted.at(-1) ?? 0),
      healthFailures: failures,
      refusedQueries,
      startMiB: Math.round(start.mib),
      peakMiB: Math.round(peak.mib),
      kernelMiB: Math.round(peak.kernelMib),
    };
  };
}

/** On a new connection each time, as probes have it: a gateway that accepts none is not healthy. */
function isServed(url: string, token?: string): Promise<boolean> {
  const headers = { ...(token !== undefined && { authorization: `Bearer ${token}` }) };
  return new Promise((resolve) => {
    const asked = request(url, { agent: false, timeout: 10_000, localAddress: '127.0.0.3', headers }, (answer) => {
      answer.resume();
      answer.once('end', () => resolve(answer.statusCode === 200));
    });
    asked.once('timeout', () => asked.destroy(new Error('late')));
    asked.once('error', () => resolve(false));
    asked.end();
  });
}

const run = promisify(execFile);

/**
 * The resident memory of a process (Linux only; 0 for one that has ended), and what the kernel holds for its sockets:
 * bytes received and not read (`r`), allocated ahead (`f`) and queued to be sent (`w`), as a memory cgroup counts them.
 * Connections of its port that it has closed, and the kernel not yet, have no process. The other ends of the connections
 * belong to the attacker and to NoETL.
 * @param port of the gateway's listener, at the local end of the connections
 * @throws when `ss` of iproute2 is not installed
 */
async function memoryOf(pid: number, port: string): Promise<{ readonly mib: number; readonly kernelMib: number }> {
  // One connection in a line: state, two queues, local address, peer, processes, `skmem`. The flags: TCP, memory,
  // numbers, processes, no head, one line each.
  const { stdout } = await run('ss', ['-tmnpHO'], { maxBuffer: 2 ** 26 });
  let bytes = 0;
  for (const line of stdout.split('\n')) {
    if (!line.includes(`pid=${pid},`) && line.split(/ +/)[3]?.endsWith(`:${port}`) !== true) continue;
    const [, received = 0, ahead = 0, queued = 0] = /skmem:\(r(\d+),.*?,f(\d+),w(\d+),/.exec(line) ?? [];
    bytes += Number(received) + Number(ahead) + Number(queued);
  }
  const kernelMib = bytes / 2 ** 20;
  return { mib: residentMib(pid) + kernelMib, kernelMib };
}

function residentMib(pid: number): number {
  try {
    return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}
