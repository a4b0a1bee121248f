const nameParts = /[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])|[0-9]+/g;

/** `execution_id`, `execution-id` and `ExecutionID` all become `executionId`. `''` when no letter or digit is left. */
export function camelCase(name: string): string {
  // Letters with marks become a letter and a mark, so that the letter stays.
  const words = name.normalize('NFKD').match(nameParts) ?? [];
  const joined = words
    .map((word, index) =>
      index === 0 ? word.toLowerCase() : (word[0] ?? '').toUpperCase() + word.slice(1).toLowerCase(),
    )
    .join('');
  return /^[0-9]/.test(joined) ? `_${joined}` : joined;
}

/** A name that GraphQL accepts and does not keep for itself. */
export const isPublicName = (name: string): boolean => /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !name.startsWith('__');

/** Whether a property or argument of that name holds an identifier: `id`, `execution_id`, `executionId`, `event-id`. */
export const isIdName = (name: string): boolean => /(?:^|[_-])[iI][dD]$|[a-z0-9]I[dD]$/.test(name);

/** Whether it holds a list of them: `ids`, `event_ids`, `eventIds`. */
export const isIdListName = (name: string): boolean => /(?:^|[_-])[iI][dD]s$|[a-z0-9]I[dD]s$/.test(name);
