const dayMs = 24 * 3_600_000;
const longestDays = 30;

/**
 * When shadow mode ends: the end of a day (`2030-01-31`, UTC) or a moment (`2030-01-31T12:00:00Z`), milliseconds.
 * @returns undefined when the text is neither
 */
export function parseShadowUntil(text = ''): number | undefined {
  if (/^\d{4}-\d{2}-\d{2}$/.test(text)) {
    const day = Date.parse(`${text}T00:00:00Z`);
    return Number.isNaN(day) ? undefined : day + dayMs;
  }
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?Z$/.test(text)) return undefined;
  const moment = Date.parse(text);
  return Number.isNaN(moment) ? undefined : moment;
}

/**
 * In shadow mode nothing is refused, so a caller who can write a token is let in as any user when NoETL does not verify it. In
 * production it needs an end, which is near.
 * @returns what is wrong; undefined when nothing is
 */
export function shadowProblem(text: string | undefined, nowMs: number): string | undefined {
  if (text === undefined)
    return `is required with shadow mode: a date at most ${longestDays} days ahead, for example 2030-01-31`;
  const until = parseShadowUntil(text);
  if (until === undefined) return 'must be a date (2030-01-31) or a moment in UTC (2030-01-31T12:00:00Z)';
  if (until <= nowMs) return 'is over: set GATEWAY_JWT_MODE=enforce, or choose a later date';
  return until - nowMs > (longestDays + 1) * dayMs ? `must be at most ${longestDays} days ahead` : undefined;
}
