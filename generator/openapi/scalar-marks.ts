import type { SchemaObject } from './open-api.ts';

/**
 * Lengths that mark scalars in a normalised document, since Mesh has no format for them; no upstream length survives
 * beside one. Mesh makes a scalar for each length, which gets this name when the schema is shaped.
 */
export const scalarMarks: Readonly<Record<number, string>> = { 4242: 'ID', 4243: 'Decimal' };
export const idMarker = 4242;
export const decimalMarker = 4243;

export const isMarker = (schema: SchemaObject): boolean =>
  schema.type === 'string' && Object.hasOwn(scalarMarks, Number(schema['maxLength']));
