import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { ResolvedConfig } from '../core/config/resolved-config.ts';
import { GatewayError } from '../core/errors.ts';
import { type CallbackPlace, probeCallback } from '../generator/doctor/probe-callback.ts';
import type { Claimed } from '../generator/doctor/probes.ts';
import { auditProblem } from '../server/observability/line-sink.ts';
import { takePorts } from '../server/take-ports.ts';
import { listenOnce } from './listen-once.ts';

/** What `serve` would get of this machine: the audit file and its ports. Nothing is made, and nothing stays open. */
export async function claimStart(config: ResolvedConfig): Promise<Claimed> {
  const { auditTo } = config.observability;
  const audit = auditTo === 'stdout' ? [] : await unwritable(auditTo);
  const ports = await takenPorts(config);
  const isRunning = ports.length > 0 && (await isGatewayThere(config));
  return { problems: [...audit, ...(isRunning ? [] : ports)], isRunning };
}

async function takenPorts({ listen }: ResolvedConfig): Promise<readonly string[]> {
  const alone = { listen: listenOnce };
  try {
    await takePorts(listen, { public: alone, internal: alone });
    return [];
  } catch (error) {
    if (error instanceof GatewayError) return error.problems;
    throw error;
  }
}

async function isGatewayThere({ listen: { bind, port, internalPort } }: ResolvedConfig): Promise<boolean> {
  const host = ['0.0.0.0', '::'].includes(bind) ? 'localhost' : bind.includes(':') ? `[${bind}]` : bind;
  const isAt = (at: number, place: CallbackPlace) =>
    probeCallback(`http://${host}:${at}`, globalThis.fetch).then(
      (found) => found === place,
      () => false,
    );
  return (await isAt(port, 'public')) && (await isAt(internalPort, 'internal'));
}

/** The file itself, or the nearest folder that is there, in which it would be made. */
async function unwritable(file: string): Promise<readonly string[]> {
  for (let path = resolve(file); ; path = dirname(path)) {
    const code = await access(path, constants.W_OK).then(
      () => undefined,
      (error: NodeJS.ErrnoException) => error.code ?? 'unknown',
    );
    if (code === undefined) return [];
    if (code !== 'ENOENT' || path === dirname(path)) return [auditProblem(file, code)];
  }
}
