import { isPublicName } from '../../document/identifiers.ts';
import type { Schema } from '../../document/open-api.ts';
import { schemaRule } from '../rule.ts';

/** Property names that GraphQL cannot have are spelt with escapes, from which {@link wireName} reads the original. */
export const propertyNames = schemaRule(
  'property-names',
  'Properties are called `content-type`, `$schema`, `@id` or `__meta`, and two may differ in a mark only.',
  (schema) => {
    const { properties, required } = schema;
    if (properties === undefined || Object.keys(properties).every(isPublicName)) return schema;
    const renamed: Record<string, Schema> = {};
    for (const [name, property] of Object.entries(properties)) renamed[escapeName(name)] = property;
    return {
      ...schema,
      properties: renamed,
      ...(required === undefined ? {} : { required: required.map(escapeName) }),
    };
  },
);

const escaped = /_x([0-9a-f]{1,6})_/g;

/** A name as GraphQL can have it; reversible. */
export function escapeName(name: string): string {
  if (isPublicName(name)) return name;
  if (name === '') return '_x0_';
  const spelt = [...name]
    .map((char, index) => (isSafeAt(char, index) ? char : `_x${(char.codePointAt(0) ?? 0).toString(16)}_`))
    .join('');
  return spelt.startsWith('__') ? `_x5f_${spelt.slice(1)}` : spelt;
}

const isSafeAt = (char: string, index: number): boolean => /[A-Za-z_]/.test(char) || (index > 0 && /[0-9]/.test(char));

/** The name on the wire of a property as a normalised document spells it. */
export const wireName = (name: string): string =>
  name === '_x0_' ? '' : name.replace(escaped, (_, code: string) => String.fromCodePoint(Number.parseInt(code, 16)));
