/** About how many bytes a value takes as JSON; stops counting above `limit`. Walks without recursion. */
export function approximateBytes(value: unknown, limit = Number.POSITIVE_INFINITY): number {
  const pending: unknown[] = [value];
  let bytes = 0;
  while (pending.length > 0 && bytes <= limit) {
    const next = pending.pop();
    if (typeof next === 'string') bytes += next.length + 2;
    else if (typeof next !== 'object' || next === null) bytes += 8;
    else if (Array.isArray(next)) {
      bytes += 2 + next.length;
      for (const item of next) pending.push(item);
    } else {
      bytes += 2;
      for (const [name, member] of Object.entries(next)) {
        bytes += name.length + 4;
        pending.push(member);
      }
    }
  }
  return bytes;
}
