import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

/** What was seen while a scenario ran. */
export interface Reading {
  readonly healthMedianMs: number;
  readonly healthMaxMs: number;
  readonly healthFailures: number;
  /** Resident memory of the gateway and what the kernel holds for TCP, MiB. */
  readonly startMiB: number;
  readonly peakMiB: number;
  /** Of the peak, what the kernel holds for TCP: on loopback that is both ends of each connection. */
  readonly kernelMiB: number;
}

/** Asks `/health` ten times a second on a connection of its own, and reads the memory each time. */
export function startMeter(url: string, pid: number): () => Promise<Reading> {
  const times: number[] = [];
  let failures = 0;
  let peakMiB = 0;
  let stopped = false;
  let kernelMiB = 0;
  const start = memoryOf(pid);
  const done = (async () => {
    while (!stopped) {
      const startedAt = performance.now();
      if (!(await isHealthy(url))) failures += 1;
      const ms = performance.now() - startedAt;
      times.push(ms);
      const now = memoryOf(pid);
      if (now.residentMiB + now.kernelMiB > peakMiB) {
        peakMiB = now.residentMiB + now.kernelMiB;
        kernelMiB = now.kernelMiB;
      }
      await delay(Math.max(0, 100 - ms));
    }
  })();
  return async () => {
    stopped = true;
    await done;
    const sorted = times.toSorted((a, b) => a - b);
    return {
      healthMedianMs: Math.round(sorted[Math.floor(sorted.length / 2)] ?? 0),
      healthMaxMs: Math.round(sorted.at(-1) ?? 0),
      healthFailures: failures,
      startMiB: Math.round(start.residentMiB + start.kernelMiB),
      peakMiB: Math.round(peakMiB),
      kernelMiB: Math.round(kernelMiB),
    };
  };
}

function isHealthy(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = request(`${url}/health`, { agent: false, timeout: 10_000 }, (answer) => {
      answer.resume();
      answer.once('end', () => resolve(answer.statusCode === 200));
    });
    asked.once('timeout', () => asked.destroy(new Error('late')));
    asked.once('error', () => resolve(false));
    asked.end();
  });
}

/** Linux only: elsewhere there is no such file, and the growth reads as nothing. */
function memoryOf(pid: number): { readonly residentMiB: number; readonly kernelMiB: number } {
  const residentMiB = Number(/VmRSS:\s+(\d+) kB/.exec(read(`/proc/${pid}/status`))?.[1] ?? 0) / 1024;
  const pages = Number(/TCP:.* mem (\d+)/.exec(read('/proc/net/sockstat'))?.[1] ?? 0);
  return { residentMiB, kernelMiB: (pages * 4) / 1024 };
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
