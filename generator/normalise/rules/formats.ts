import type { SchemaObject } from '../../openapi/open-api.ts';
import { decimalMarker } from '../../openapi/scalar-marks.ts';
import { schemaRule } from '../rule.ts';

/** Formats of texts that have a scalar. An answer's value is shown as it is, whatever it looks like. */
const texts = new Set(['date-time', 'date', 'uuid', 'email', 'uri']);
const integers = new Set(['int32', 'int64']);

/** Formats that have a scalar stay, `decimal` gets its mark, and every other one goes. */
export const formats = schemaRule(
  'formats',
  'Texts and numbers claim formats that no reader knows (`password`, `binary`, `hostname`, `double`).',
  (schema) => {
    const { format, ...rest } = schema;
    if (format === undefined || isKept(schema)) return schema;
    // Without its default, which may be a number where the type is text now.
    if (format === 'decimal' && (schema.type === 'string' || schema.type === 'number')) {
      const { default: _, ...bare } = rest;
      return { ...bare, type: 'string', maxLength: decimalMarker };
    }
    // `int64` becomes `BigInt`, which has no bounds.
    return schema.type === 'integer' && format === 'uint64' ? { ...rest, format: 'int64' } : rest;
  },
);

function isKept({ type, format = '' }: SchemaObject): boolean {
  return (type === 'string' && texts.has(format)) || (type === 'integer' && integers.has(format));
}
