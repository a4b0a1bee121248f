import { constraints } from '../../openapi/constraints.ts';
import type { SchemaObject } from '../../openapi/open-api.ts';
import { isMarker } from '../../openapi/scalar-marks.ts';
import { schemaRule } from '../rule.ts';

const int32Max = 2 ** 31 - 1;

/**
 * Ranges, lengths and patterns go, so that no scalar is made of them. Their information on the type stays as its format:
 * `int32` for an integer that fits into 32 bits, `int64` for one that may not, `decimal` for a text of digits.
 */
export const dropConstraints = schemaRule(
  'drop-constraints',
  'Numbers and strings carry ranges and patterns, each of which would become a scalar of its own.',
  (schema) => {
    // The mark is a length itself.
    if (isMarker(schema)) return schema;
    const kept = Object.entries(schema).filter(([key]) => !constraints.has(key));
    if (kept.length === Object.keys(schema).length) return schema;
    const format = formatOf(schema);
    return { ...Object.fromEntries(kept), ...(format === undefined ? {} : { format }) };
  },
);

function formatOf(schema: SchemaObject): string | undefined {
  if (schema.type === 'string') return isDecimalPattern(schema['pattern']) ? 'decimal' : undefined;
  if (schema.type !== 'integer' || schema.format !== undefined) return undefined;
  const lower = boundOf(schema, 'minimum', 'exclusiveMinimum');
  const upper = boundOf(schema, 'maximum', 'exclusiveMaximum');
  // Only both bounds prove that each value fits into 32 bits.
  if (lower !== undefined && upper !== undefined && lower >= -int32Max - 1 && upper <= int32Max) return 'int32';
  return [lower, upper].some((bound) => bound !== undefined && Math.abs(bound) > int32Max + 1) ? 'int64' : undefined;
}

const boundOf = (schema: SchemaObject, ...keys: readonly string[]): number | undefined =>
  keys.map((key) => schema[key]).find((bound) => typeof bound === 'number') as number | undefined;

/** As Pydantic writes a decimal that is sent as text. */
const isDecimalPattern = (pattern: unknown): boolean =>
  typeof pattern === 'string' && pattern.includes(String.raw`\d*\.?\d*`);
