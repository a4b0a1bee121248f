/** Bytes that one holder has taken from a budget. */
export interface ByteLease {
  /** Takes more. @returns false when the budget does not allow it; the lease is then as it was. */
  grow(bytes: number): boolean;
  /** Gives back what is above `bytes`. */
  shrink(bytes: number): void;
  /** Gives everything back. Further calls do nothing. */
  release(): void;
  /** Taken now. */
  readonly bytes: number;
}

/** A bound on bytes that are in memory at a time. Asked before the memory is taken. */
export interface ByteBudget {
  /** An empty lease for a holder, for example the address of a client. */
  lease(holder: string): ByteLease;
  /** Bytes that are taken now; for metrics and tests. */
  readonly usedBytes: number;
  /** Bytes that a holder has taken. */
  heldBy(holder: string): number;
  /** Whether a lease of the holder is refused because of the holder's share; false where only the total is in the way. */
  isOverShare(holder: string, bytes: number): boolean;
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
  return new Budget(totalBytes, bytesPerHolder);
}

class Budget implements ByteBudget {
  readonly held = new Map<string, number>();
  readonly totalBytes: number;
  readonly bytesPerHolder: number;
  usedBytes = 0;

  constructor(totalBytes: number, bytesPerHolder: number) {
    this.totalBytes = totalBytes;
    this.bytesPerHolder = bytesPerHolder;
  }

  lease(holder: string): ByteLease {
    return new Lease(this, holder);
  }

  heldBy(holder: string): number {
    return this.held.get(holder) ?? 0;
  }

  isOverShare(holder: string, bytes: number): boolean {
    return this.heldBy(holder) + bytes > this.bytesPerHolder;
  }

  giveBack(holder: string, bytes: number): void {
    this.usedBytes -= bytes;
    const left = this.heldBy(holder) - bytes;
    if (left > 0) this.held.set(holder, left);
    else this.held.delete(holder);
  }
}

/** One object and no closures: requests and calls each make one, and most take nothing. */
class Lease implements ByteLease {
  readonly #budget: Budget;
  readonly #holder: string;
  #isOver = false;
  bytes = 0;

  constructor(budget: Budget, holder: string) {
    this.#budget = budget;
    this.#holder = holder;
  }

  grow(bytes: number): boolean {
    if (this.#isOver) return false;
    const { held, usedBytes, totalBytes, bytesPerHolder } = this.#budget;
    const ofHolder = held.get(this.#holder) ?? 0;
    const isAlone = ofHolder === this.bytes;
    if (usedBytes !== this.bytes && usedBytes + bytes > totalBytes) return false;
    if (!isAlone && ofHolder + bytes > bytesPerHolder) return false;
    if (bytes === 0) return true;
    this.bytes += bytes;
    this.#budget.usedBytes += bytes;
    held.set(this.#holder, ofHolder + bytes);
    return true;
  }

  shrink(bytes: number): void {
    const surplus = this.bytes - bytes;
    if (surplus <= 0) return;
    this.#budget.giveBack(this.#holder, surplus);
    this.bytes = bytes;
  }

  release(): void {
    this.shrink(0);
    this.#isOver = true;
  }
}
