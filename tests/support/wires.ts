import { type Channel, openChannel, type Wire } from '../../gateway/workers/channel.ts';

/** Two ends of a wire within this process. Messages are copied and arrive later, as between processes. */
export function wirePair(): readonly [Wire, Wire] & { cut(): void } {
  const listeners: ((message: unknown) => void)[][] = [[], []];
  let isCut = false;
  const end = (own: number, other: number): Wire => ({
    send(message) {
      if (isCut) throw new Error('cut');
      const copy = structuredClone(message);
      setImmediate(() => {
        for (const listener of listeners[other] ?? []) listener(copy);
      });
    },
    listen: (listener) => void listeners[own]?.push(listener),
  });
  return Object.assign([end(0, 1), end(1, 0)] as const, {
    cut() {
      isCut = true;
    },
  });
}

/** Two ends of a channel. */
export function channelPair(): readonly [Channel, Channel] {
  const [one, other] = wirePair();
  return [openChannel(one), openChannel(other)];
}
