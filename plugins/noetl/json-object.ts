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
