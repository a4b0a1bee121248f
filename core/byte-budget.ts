/** Bytes that one holder has taken from a budget. */
export interface ByteLease {
  /** Takes more. @returns false when the budget does not allow it; the lease is then as it was. */
  grow(bytes: number): boolean;
  /** Gives everything back. Further calls do nothing. */
  release(): void;
}

/** A bound on bytes that are in memory at a time. Asked before the memory is taken. */
export interface ByteBudget {
  /** An empty lease for a holder, for example the address of a client. */
  lease(holder: string): ByteLease;
  /** Bytes that are taken now; for metrics and tests. */
  readonly usedBytes: number;
}

/** Bytes that may be held at a time. */
export interface ByteBudgetOptions {
  readonly totalBytes: number;
  /** Most that one holder takes. Default: the total. */
  readonly bytesPerHolder?: number;
}

/**
 * Holders share a total, and each has a limit of its own, so that one holder leaves room for the others. A lease that is
 * alone may take more than the limits: what the rest of the gateway allows is then possible, one at a time.
 */
export function createByteBudget({ totalBytes, bytesPerHolder = totalBytes }: ByteBudgetOptions): ByteBudget {
  const held = new Map<string, number>();
  let used = 0;

  function lease(holder: string): ByteLease {
    let mine = 0;
    let isOver = false;
    return {
      grow(bytes) {
        if (isOver) return false;
        const ofHolder = held.get(holder) ?? 0;
        const isAlone = ofHolder === mine;
        if (used !== mine && used + bytes > totalBytes) return false;
        if (!isAlone && ofHolder + bytes > bytesPerHolder) return false;
        mine += bytes;
        used += bytes;
        held.set(holder, ofHolder + bytes);
        return true;
      },
      release() {
        if (isOver) return;
        isOver = true;
        used -= mine;
        const left = (held.get(holder) ?? 0) - mine;
        if (left > 0) held.set(holder, left);
        else held.delete(holder);
      },
    };
  }

  return {
    lease,
    get usedBytes() {
      return used;
    },
  };
}
