import process from 'node:process';
import { openChannel } from '../../gateway/workers/channel.ts';
import type { WorkerLink } from '../../gateway/workers/worker-link.ts';

/** Runs in a worker: asks the first process for its place, then works. */
export async function joinCrew(work: (link: WorkerLink) => Promise<void>): Promise<void> {
  const channel = openChannel({
    send(message) {
      if (!process.connected) throw new Error('the first process has ended');
      // What cannot be sent is noticed by those who wait for an answer.
      process.send?.(message, undefined, undefined, () => {});
    },
    listen: (listener) => void process.on('message', listener),
  });
  // Asked for first: the gateway is made with its place among the workers.
  const given = (await channel.ask('place', [])) as Pick<WorkerLink, 'place' | 'count'>;
  await work({ ...given, channel });
}
