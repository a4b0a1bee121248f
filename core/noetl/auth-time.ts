const form = /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2}):(\d{2})(?:[.,](\d{1,9}))?\s?(Z|z|[+-]\d{2}(?::?\d{2})?)?$/;

/**
 * Reads the times in NoETL's auth answers: ISO 8601 or PostgreSQL text, with `T` or a blank, any number of fraction
 * digits, `Z`, `+00`, `+0000`, `+00:00` or no zone at all. Without a zone it is UTC, which is true when NoETL's database runs in UTC.
 * @returns undefined when it is no such time.
 */
export function parseAuthTime(text: string): Date | undefined {
  const match = form.exec(text.trim());
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second, fraction = '', zone = 'Z'] = match;
  const milliseconds = fraction.padEnd(3, '0').slice(0, 3);
  const utc = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}.${milliseconds}Z`);
  // A day that the month does not have would roll over silently.
  if (Number.isNaN(utc.getTime()) || utc.getUTCDate() !== Number(day)) return undefined;
  return new Date(utc.getTime() - offsetMs(zone));
}

function offsetMs(zone: string): number {
  if (zone === 'Z' || zone === 'z') return 0;
  const digits = zone.slice(1).replace(':', '').padEnd(4, '0');
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2));
  return (zone.startsWith('-') ? -1 : 1) * minutes * 60_000;
}
