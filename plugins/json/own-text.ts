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
