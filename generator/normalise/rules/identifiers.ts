import { isIdListName, isIdName } from '../../openapi/identifiers.ts';
import type { Place } from '../../openapi/map-schemas.ts';
import type { SchemaObject } from '../../openapi/open-api.ts';
import { idMarker, isMarker } from '../../openapi/scalar-marks.ts';
import { schemaRule } from '../rule.ts';

/**
 * A string or number named `id`, `*_id` or `*Id`, or standing in a list named `*_ids`, becomes an identifier, which the
 * schema shows as `ID`: text of any length. Other 64-bit integers stay integers of format int64 (`BigInt`).
 */
export const identifiers = schemaRule(
  'identifiers',
  'Ids are 64-bit integers beyond what a JavaScript number holds, typed now as text and now as `integer`.',
  (schema, place) => {
    if (!isScalar(schema) || isMarker(schema) || !isIdentifier(place)) return schema;
    const { type: _, format: __, default: given, ...rest } = schema;
    // A default that has lost digits would name another object.
    const fallback = typeof given === 'string' || Number.isSafeInteger(given) ? { default: String(given) } : {};
    return { ...rest, ...fallback, type: 'string', maxLength: idMarker };
  },
);

const isScalar = (schema: SchemaObject): boolean => schema.enum === undefined && isScalarType(schema);

const isScalarType = (schema: SchemaObject): boolean =>
  schema.type === 'string' || schema.type === 'integer' || schema.type === 'number';

function isIdentifier({ name, kind }: Place): boolean {
  // The name `Id` of a component does not make its places identifiers.
  if (name === undefined || kind === 'component') return false;
  return isIdName(name) || (kind === 'items' && isIdListName(name));
}
