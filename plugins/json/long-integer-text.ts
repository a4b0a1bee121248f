import { isRawNumber } from './lossless-json.ts';

/**
 * A parsed value in which integers that a double would change are text. Values without one are the same objects; others are
 * copied along the way to it.
 */
export function withLongIntegersAsText(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (isRawNumber(value)) return value.rawJSON;
  return Array.isArray(value) ? listOf(value) : objectOf(value as Readonly<Record<string, unknown>>);
}

function listOf(list: readonly unknown[]): readonly unknown[] {
  let copy: unknown[] | undefined;
  for (let index = 0; index < list.length; index += 1) {
    const item = withLongIntegersAsText(list[index]);
    if (item === list[index]) continue;
    copy ??= [...list];
    copy[index] = item;
  }
  return copy ?? list;
}

function objectOf(object: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  let copy: Record<string, unknown> | undefined;
  for (const key of Object.keys(object)) {
    const member = withLongIntegersAsText(object[key]);
    if (member === object[key]) continue;
    copy ??= { ...object };
    // A member may be called `__proto__`.
    Object.defineProperty(copy, key, { value: member, enumerable: true, writable: true, configurable: true });
  }
  return copy ?? object;
}
