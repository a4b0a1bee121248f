/** About how many bytes a value takes as JSON; stops counting above `limit`. Walks without recursion. */
export function approximateBytes(value: unknown, limit = Number.POSITIVE_INFINITY): number {
  const pending: unknown[] = [value];
  let bytes = 0;
  while (pending.length > 0 && bytes <= limit) bytes += ownBytes(pending.pop(), pending);
  return bytes;
}

/** The bytes of a value without its members, which are added to `pending`. */
function ownBytes(value: unknown, pending: unknown[]): number {
  if (typeof value === 'string') return value.length + 2;
  if (typeof value !== 'object' || value === null) return 8;
  if (Array.isArray(value)) {
    for (const item of value) pending.push(item);
    return 2 + value.length;
  }
  let bytes = 2;
  for (const [name, member] of Object.entries(value)) {
    bytes += name.length + 4;
    pending.push(member);
  }
  return bytes;
}
