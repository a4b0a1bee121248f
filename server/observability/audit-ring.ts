/** An audit line as it was written: scrubbed, without tokens. */
export type AuditEntry = Readonly<Record<string, unknown>>;

export interface AuditSearch {
  /** What a value of the entry has in it: a user, a path, an execution, a request id. */
  readonly text?: string;
  readonly audit?: string;
  readonly outcome?: string;
}

export interface AuditPage {
  /** Newest first. */
  readonly entries: readonly AuditEntry[];
  /** How many are kept, and how many fit the search. */
  readonly kept: number;
  readonly found: number;
}

/** The newest lines of the audit log, in memory. What is older is in the log itself. */
export interface AuditRing {
  add(line: string): void;
  search(asked: AuditSearch): AuditPage;
}

const maxLineLength = 8_192;
const pageSize = 100;

/** @param maxLines lines that are kept; a longer line than 8 KiB is not. */
export function createAuditRing(maxLines = 1_000): AuditRing {
  const lines: string[] = [];
  let next = 0;
  return {
    add(line) {
      if (line.length > maxLineLength) return;
      lines[next] = line;
      next = (next + 1) % maxLines;
    },
    search({ text = '', audit = '', outcome = '' }) {
      const newestFirst = [...lines.slice(next), ...lines.slice(0, next)].reverse();
      const entries = newestFirst.map((line) => JSON.parse(line) as AuditEntry);
      const fitting = entries.filter(
        (entry) =>
          (audit === '' || entry['audit'] === audit) &&
          (outcome === '' || entry['outcome'] === outcome) &&
          (text === '' ||
            Object.values(entry)
              .flat()
              .some((value) => String(value).includes(text))),
      );
      return { entries: fitting.slice(0, pageSize), kept: lines.length, found: fitting.length };
    },
  };
}
