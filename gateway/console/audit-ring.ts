import type { AuditEntry, AuditPage, Start } from './console-answers.ts';

/** The criteria of a search; all of them must match. */
export interface AuditSearch {
  /** A part of a value of the entry: a user, a path, an execution, a request id. Case counts. */
  readonly text?: string;
  /** The kind of line and the outcome, exactly. Empty or absent: any. */
  readonly audit?: string;
  readonly outcome?: string;
  /** Exactly, as the lines name users. */
  readonly userId?: string;
}

/** The newest lines of the audit log, in memory. Older lines are in the log itself. */
export interface AuditRing {
  /** Keeps a line in the place of the oldest one. */
  add(line: string): void;
  search(asked: AuditSearch): AuditPage;
  /** All that are kept, newest first. */
  entries(): readonly AuditEntry[];
  /** Executions whose start is among the lines, newest first. @param userId only those of this user */
  starts(userId?: string): readonly Start[];
}

const maxLineLength = 8_192;
const pageSize = 100;

/**
 * Keeps texts and no objects, and parses them when a search is made: lines come with every mutation, searches seldom.
 * @param maxLines lines that are kept; a longer line than 8 KiB is not, so that memory has a bound.
 */
export function createAuditRing(maxLines = 1_000): AuditRing {
  const lines: string[] = [];
  let next = 0;
  // `next` is the place of the oldest line once the ring is full, and the end before that.
  const newestFirst = (): AuditEntry[] =>
    [...lines.slice(next), ...lines.slice(0, next)].reverse().map((line) => JSON.parse(line) as AuditEntry);
  return {
    add(line) {
      if (line.length > maxLineLength) return;
      lines[next] = line;
      next = (next + 1) % maxLines;
    },
    search({ text = '', audit = '', outcome = '', userId }) {
      const fitting = newestFirst().filter(
        (entry) =>
          (audit === '' || entry['audit'] === audit) &&
          (outcome === '' || entry['outcome'] === outcome) &&
          (userId === undefined || entry['userId'] === userId) &&
          (text === '' ||
            Object.values(entry)
              .flat()
              .some((value) => String(value).includes(text))),
      );
      return { entries: fitting.slice(0, pageSize), kept: lines.length, found: fitting.length };
    },
    entries: newestFirst,
    starts: (wanted) =>
      newestFirst().flatMap(({ outcome, executionId, userId }) =>
        outcome === 'started' &&
        typeof executionId === 'string' &&
        typeof userId === 'string' &&
        (wanted === undefined || userId === wanted)
          ? [{ executionId, userId }]
          : [],
      ),
  };
}
