import { isRawNumber } from '../json/lossless-json.ts';

/** A JSON object of NoETL, whose members are unknown until they are looked at. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** @returns whether a parsed value is a JSON object: no list, no number that was kept as text. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isRawNumber(value);
}

/** A member that is text and not empty. */
export function textMember(object: JsonObject, name: string): string | undefined {
  const value = Object.hasOwn(object, name) ? object[name] : undefined;
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/**
 * Characters of text that the gateway itself puts into a workload: names, addresses, URLs, catalog paths, tokens. Without
 * quotes, braces, brackets, backslashes, `%` and `#` there is neither a template nor a literal, whatever NoETL does with it.
 */
const workloadText = /^[\p{L}\p{M}\p{N} ._~+/=:@,;&()!?$*-]*$/u;

/**
 * Characters of text about a user: all that can be printed, but no braces and no backslash. Without these no template can
 * come out of it, and names (`O'Brien`), URLs and e-mail addresses stay what they are.
 */
const claimText = /^[^{}\\\p{Cc}\p{Cs}\u2028\u2029]*$/u;

/** True when each value is a number, a boolean or text of which NoETL makes nothing else. For workloads of our own. */
export function isOwnWorkload(workload: Readonly<Record<string, unknown>>): boolean {
  return Object.entries(workload).every(
    ([key, value]) =>
      workloadText.test(key) &&
      (typeof value === 'string' ? workloadText.test(value) : typeof value === 'number' || typeof value === 'boolean'),
  );
}

/** True when all text in the value, in keys too and at any depth, is text about a user. Walks without recursion. */
export function isClaimData(value: unknown): boolean {
  const pending: unknown[] = [value];
  while (pending.length > 0) {
    const next = pending.pop();
    if (typeof next === 'string') {
      if (!claimText.test(next)) return false;
    } else if (typeof next === 'object' && next !== null && !isRawNumber(next)) {
      for (const [key, member] of Object.entries(next)) pending.push(key, member);
    }
  }
  return true;
}
