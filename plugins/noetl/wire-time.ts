const atEnd = /(?:[zZ]|[+-]\d{2}(?::?\d{2})?)$/;

/**
 * Reads a time as NoETL writes it: `…Z`, `…+00:00`, `+00`, or without a zone (then UTC), `T` or a blank between.
 * @returns undefined for a value that is not a time.
 */
export function parseWireTime(value: unknown): Date | undefined {
  if (typeof value !== 'string') return undefined;
  const text = value.trim().replace(' ', 'T');
  const [zone] = atEnd.exec(text.slice(10)) ?? [];
  const date = new Date(zone === undefined ? `${text}Z` : zone.length === 3 ? `${text}:00` : text);
  return Number.isNaN(date.getTime()) ? undefined : date;
}
