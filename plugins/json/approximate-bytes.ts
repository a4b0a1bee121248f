/** About how many bytes a value takes as JSON; stops counting above `limit`. */
export const approximateBytes = (value: unknown, limit = Number.POSITIVE_INFINITY): number =>
  count(value, asJson, limit);

/** About how many bytes a parsed value takes in the heap; `[{},{}]` takes ten times as many as its JSON. */
export const heapBytes = (value: unknown): number => count(value, inHeap, Number.POSITIVE_INFINITY);

interface Weights {
  text(text: string): number;
  readonly scalar: number;
  readonly list: number;
  readonly item: number;
  readonly object: number;
  /** Of a member beside the characters of its name. */
  readonly member: number;
}

const asJson: Weights = { text: ({ length }) => length + 2, scalar: 8, list: 2, item: 1, object: 2, member: 4 };

const twoBytes = /[\u0100-\uffff]/;
/** Measured with values of many shapes: never less than half of what V8 takes, and at most four times as much. */
const inHeap: Weights = {
  text: (text) => 24 + text.length * (twoBytes.test(text) ? 2 : 1),
  scalar: 16,
  list: 48,
  item: 8,
  object: 56,
  member: 24,
};

/** Walks without recursion. */
function count(value: unknown, weights: Weights, limit: number): number {
  const pending: unknown[] = [value];
  let bytes = 0;
  while (pending.length > 0 && bytes <= limit) bytes += own(pending.pop(), weights, pending);
  return bytes;
}

/** The bytes of a value without its members, which are added to `pending`. */
function own(value: unknown, weights: Weights, pending: unknown[]): number {
  if (typeof value === 'string') return weights.text(value);
  if (typeof value !== 'object' || value === null) return weights.scalar;
  if (Array.isArray(value)) {
    for (const item of value) pending.push(item);
    return weights.list + weights.item * value.length;
  }
  let bytes = weights.object;
  for (const [name, member] of Object.entries(value)) {
    bytes += name.length + weights.member;
    pending.push(member);
  }
  return bytes;
}

/** Parts of a text that are shorter than this are copied by the engine, characters. */
const copied = 12;

/**
 * The same text in memory of its own. What is cut out of a longer text shares the memory of the whole, so that an id that is
 * kept for an hour would keep the answer that it came in.
 */
export function ownText(text: string): string {
  if (text.length <= 2 * copied) return text.slice(0, copied) + text.slice(copied);
  return JSON.parse(JSON.stringify(text)) as string;
}
