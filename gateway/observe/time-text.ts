/** Times as ISO 8601 in UTC. Many lines are of the same millisecond: its text is made once. */
export function createTimeText(): (ms: number) => string {
  let known = { ms: Number.NaN, text: '' };
  return (ms) => {
    if (ms !== known.ms) known = { ms, text: new Date(ms).toISOString() };
    return known.text;
  };
}
