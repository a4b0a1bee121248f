/** Members of parsed objects whose numbers are beyond ±(2^53 − 1), in the order of the text. */
export interface UnsafeMembers {
  readonly holders: Record<string, unknown>[];
  readonly keys: string[];
}

/** `other`: at least one such number is not a member of an object, or the value is nested too deeply to look through. */
export type UnsafeNumbers = 'none' | 'other' | UnsafeMembers;

const maxDepth = 200;

/** Finds the numbers of a parsed value that its parser may have changed. @param value as `JSON.parse` returns it */
export function findUnsafeNumbers(value: unknown): UnsafeNumbers {
  if (isUnsafe(value)) return 'other';
  if (typeof value !== 'object' || value === null) return 'none';
  const found: UnsafeMembers = { holders: [], keys: [] };
  if (!collect(value, found, 0)) return 'other';
  return found.keys.length === 0 ? 'none' : found;
}

/** Infinity is what the parser makes of an integer of 400 digits. */
const isUnsafe = (value: unknown): boolean =>
  typeof value === 'number' && (value > Number.MAX_SAFE_INTEGER || value < Number.MIN_SAFE_INTEGER);

/** @returns false for `other` */
function collect(value: object, found: UnsafeMembers, depth: number): boolean {
  if (depth > maxDepth) return false;
  return Array.isArray(value) ? collectItems(value, found, depth) : collectMembers(value as Members, found, depth);
}

type Members = Record<string, unknown>;

function collectItems(items: readonly unknown[], found: UnsafeMembers, depth: number): boolean {
  for (const item of items) {
    if (isUnsafe(item)) return false;
    if (typeof item === 'object' && item !== null && !collect(item, found, depth + 1)) return false;
  }
  return true;
}

function collectMembers(members: Members, found: UnsafeMembers, depth: number): boolean {
  // All members are the object's own: it comes from a parser.
  for (const key in members) {
    const member = members[key];
    if (typeof member === 'number') {
      if (!isUnsafe(member)) continue;
      found.holders.push(members);
      found.keys.push(key);
    } else if (typeof member === 'object' && member !== null && !collect(member, found, depth + 1)) return false;
  }
  return true;
}
