import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { endianness } from 'node:os';
import { addressGroups } from '../limits/client-address.ts';

/** By {@link queueOf}: bytes of a connection that are in the kernel because its peer has not acknowledged them. Without those of 0 bytes. */
export type SendQueues = ReadonlyMap<string, number>;

/** A connection in a state, and the length of its send queue; all in hexadecimal (Linux, `proc_net_tcp`). */
const line = /: ([0-9A-F]+:[0-9A-F]{4} [0-9A-F]+:[0-9A-F]{4}) [0-9A-F]{2} (?!0{8}:)([0-9A-F]{8}):/g;

/**
 * Node has no option for the size of a socket's send buffer, and does not report what is in it. Linux does, for all
 * connections of a network namespace at a time.
 * @returns undefined where the system has no such table
 */
export async function readSendQueues(family: string): Promise<SendQueues | undefined> {
  if (endianness() !== 'LE') return undefined;
  try {
    const table = await readFile(family === 'IPv6' ? '/proc/self/net/tcp6' : '/proc/self/net/tcp', 'latin1');
    const queues = new Map<string, number>();
    for (const [, connection = '', bytes = ''] of table.matchAll(line))
      queues.set(connection, Number.parseInt(bytes, 16));
    return queues;
  } catch {
    return undefined;
  }
}

/** The name of a connection in the table; empty when it is closed already. */
export function queueOf({ localAddress, localPort, remoteAddress, remotePort }: Socket): string {
  if (localAddress === undefined || remoteAddress === undefined) return '';
  return `${hexAddress(localAddress)}:${hexPort(localPort)} ${hexAddress(remoteAddress)}:${hexPort(remotePort)}`;
}

const hexPort = (port = 0): string => port.toString(16).toUpperCase().padStart(4, '0');

/** Words of four bytes, each printed as the number that it is in the memory of a little-endian machine. */
function hexAddress(address: string): string {
  const bytes = address.includes(':')
    ? addressGroups(address).flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255])
    : address.split('.').map(Number);
  let text = '';
  for (let at = 0; at < bytes.length; at += 4) text += Buffer.from(bytes.slice(at, at + 4).reverse()).toString('hex');
  return text.toUpperCase();
}
