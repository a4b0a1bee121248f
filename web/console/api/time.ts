const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** A duration in at most two units: `320 ms`, `1.9 s`, `2m 5s`, `1h 3m`, `2d 4h`. */
export function durationText(ms: number): string {
  if (ms < second) return `${Math.max(0, Math.round(ms))} ms`;
  // What rounds up to a minute is one.
  if (ms < minute - 50) return `${(ms / second).toFixed(1)} s`;
  const whole = Math.round(ms / second) * second;
  if (whole < hour) return `${Math.floor(whole / minute)}m ${Math.floor((whole % minute) / second)}s`;
  if (whole < day) return `${Math.floor(whole / hour)}h ${Math.floor((whole % hour) / minute)}m`;
  return `${Math.floor(whole / day)}d ${Math.floor((whole % day) / hour)}h`;
}

/** How long ago: `just now`, `40 s ago`, `5 min ago`, `3 h ago`, `2 days ago`. */
export function agoText(ms: number): string {
  if (ms < 5 * second) return 'just now';
  if (ms < minute) return `${Math.floor(ms / second)} s ago`;
  if (ms < hour) return `${Math.floor(ms / minute)} min ago`;
  if (ms < day) return `${Math.floor(ms / hour)} h ago`;
  const days = Math.floor(ms / day);
  return days === 1 ? '1 day ago' : `${days} days ago`;
}

/**
 * Milliseconds since 1970 of a time that NoETL or the gateway wrote; undefined for a text that is not a time. NoETL's
 * Python server writes times without a zone, in UTC, which browsers would read as local.
 */
export function timeOf(text: string | null | undefined): number | undefined {
  if (text === null || text === undefined) return undefined;
  const ms = Date.parse(/[zZ]$|[+-]\d\d:?\d\d$/.test(text) ? text : `${text}Z`);
  return Number.isNaN(ms) ? undefined : ms;
}

/** A long id, shortened in the middle: its beginning is the same for days. */
export const shortId = (id: string): string => (id.length <= 12 ? id : `${id.slice(0, 4)}…${id.slice(-6)}`);

/** `12 B`, `3.4 kB`, `1.2 MB`: powers of 1,000. */
export function sizeText(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  return bytes < 1_000_000 ? `${(bytes / 1_000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}
