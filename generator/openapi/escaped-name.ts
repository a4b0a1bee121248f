import { isPublicName } from './identifiers.ts';

const escaped = /_x([0-9a-f]{1,6})_/g;

/**
 * A name as GraphQL can have it; reversible by {@link wireName}. A character that GraphQL does not take is `_x<hex>_`.
 */
export function escapeName(name: string): string {
  if (isPublicName(name)) return name;
  if (name === '') return '_x0_';
  const spelt = [...name]
    .map((char, index) => (isSafeAt(char, index) ? char : `_x${(char.codePointAt(0) ?? 0).toString(16)}_`))
    .join('');
  // Names that begin with two underscores are GraphQL's own (GraphQL specification, Reserved Names).
  return spelt.startsWith('__') ? `_x5f_${spelt.slice(1)}` : spelt;
}

const isSafeAt = (char: string, index: number): boolean => /[A-Za-z_]/.test(char) || (index > 0 && /[0-9]/.test(char));

/** The name on the wire of a property as a normalised document spells it. */
export const wireName = (name: string): string =>
  name === '_x0_' ? '' : name.replace(escaped, (_, code: string) => String.fromCodePoint(Number.parseInt(code, 16)));
