import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { ResolvedConfig } from '../gateway/config/gateway-config.ts';
import { auditProblem } from '../gateway/observe/line-sink.ts';
import { takePorts } from '../gateway/take-ports.ts';
import { GatewayError } from '../plugins/errors.ts';
import { type CallbackPlace, probeCallback } from './doctor/probe-callback.ts';
import type { StartClaim } from './doctor/probes.ts';
import { listenOnce } from './listen-once.ts';

/**
 * What `serve` would get of this machine: the audit file and its ports. Nothing is made, and nothing stays open.
 * @returns a problem for each thing that `serve` would not get; ports that a gateway holds are no problem but
 * `isRunning`
 */
export async function claimStart(config: ResolvedConfig): Promise<StartClaim> {
  const { auditTo } = config.observability;
  const audit = auditTo === 'stdout' ? [] : await unwritable(auditTo);
  const ports = await takenPorts(config);
  const isRunning = ports.length > 0 && (await isGatewayThere(config));
  // Ports that this gateway holds itself are as they should be.
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
  // The wildcard address cannot be asked; one of IPv6 needs brackets in a URL (RFC 3986, section 3.2.2).
  const host = ['0.0.0.0', '::'].includes(bind) ? 'localhost' : bind.includes(':') ? `[${bind}]` : bind;
  const isAt = (at: number, place: CallbackPlace) =>
    probeCallback(`http://${host}:${at}`, globalThis.fetch).then(
      (found) => found === place,
      () => false,
    );
  // Both: two programs of another kind may hold the ports, or one of them.
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
    // What is there and cannot be written is the answer; what is missing is asked for one folder higher.
    if (code !== 'ENOENT' || path === dirname(path)) return [auditProblem(file, code)];
  }
}
