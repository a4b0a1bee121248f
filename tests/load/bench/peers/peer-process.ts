import process from 'node:process';

/** What a peer sends to the run that started it: first its port, then its numbers, once for each question. */
export interface PeerMessage {
  readonly port?: number;
  /** Processor time since the start, microseconds. */
  readonly cpuMicros?: number;
  /** Memory that the process holds, bytes. */
  readonly rssBytes?: number;
  /** For the upstream: requests since the start. */
  readonly calls?: number;
}

/**
 * Sends the run the address of this peer, and answers each of its questions with the numbers so far. Whatever a message
 * holds, it is the question.
 * @param calls for the upstream: requests so far
 */
export function reportPeer(port: number, calls: () => number = () => 0): void {
  process.on('message', () => {
    const { user, system } = process.cpuUsage();
    process.send?.({
      cpuMicros: user + system,
      rssBytes: process.memoryUsage.rss(),
      calls: calls(),
    } satisfies PeerMessage);
  });
  // A run that ends or is killed leaves no server behind. `exit` lets Node write the profile.
  process.on('disconnect', () => process.exit(0));
  process.send?.({ port } satisfies PeerMessage);
}

/** A variable that the run sets. @throws when it has not. */
export function given(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`start this with npm run bench: ${name} is not set`);
  return value;
}
