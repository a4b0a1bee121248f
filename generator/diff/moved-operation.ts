import { suggest } from '../table/suggest.ts';

/**
 * The new operation that an operation which is gone has perhaps become: of the same method, with at least half of its
 * words in the path, and nearest in spelling.
 */
export function movedTo(key: string, added: readonly string[]): string | undefined {
  const words = wordsOf(key);
  const alike = added.filter((candidate) => {
    const shared = wordsOf(candidate).filter((word) => words.includes(word));
    return methodOf(candidate) === methodOf(key) && shared.length > 0 && shared.length * 2 >= words.length;
  });
  return suggest(key, alike, 1)[0];
}

const methodOf = (key: string): string => key.slice(0, key.indexOf(' '));

/** Segments that say something: `api`, parameters and repetitions do not. */
const wordsOf = (key: string): readonly string[] => [
  ...new Set(
    key
      .split('/')
      .slice(1)
      .filter((segment) => segment !== 'api' && !segment.startsWith('{')),
  ),
];
