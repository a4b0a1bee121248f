/** Bytes that one holder has taken from a budget. */
export interface ByteLease {
  /** Takes more. @returns false when the budget does not allow it; the lease is then as it was. */
  grow(bytes: number): boolean;
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

  release(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (this.bytes === 0) return;
    const { held } = this.#budget;
    this.#budget.usedBytes -= this.bytes;
    const left = (held.get(this.#holder) ?? 0) - this.bytes;
    if (left > 0) held.set(this.#holder, left);
    else held.delete(this.#holder);
    this.bytes = 0;
  }
}
