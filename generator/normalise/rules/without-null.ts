import { isRecord, type Schema, type SchemaObject } from '../../openapi/open-api.ts';

/** Whether a schema accepts null and nothing else. A `const` or an `enum` of null alone counts, too. */
export const isNull = (schema: Schema): boolean =>
  isRecord(schema) && (schema.type === 'null' || schema.const === null || isNullEnum(schema.enum));

const isNullEnum = (values: readonly unknown[] | undefined): boolean =>
  values !== undefined && values.length > 0 && values.every((value) => value === null);

/** A schema whose own type or values no longer hold null, marked nullable when they did. */
export function withoutNull(schema: SchemaObject): SchemaObject {
  if (isNull(schema)) {
    const { type: _, const: __, enum: ___, ...rest } = schema;
    return { ...rest, nullable: true };
  }
  if (Array.isArray(schema.type)) {
    const kept = schema.type.filter((type: string) => type !== 'null');
    if (kept.length < schema.type.length || kept.length === 1) {
      const mark = kept.length < schema.type.length ? { nullable: true } : {};
      return withoutNull({ ...schema, type: kept.length === 1 ? kept[0] : kept, ...mark });
    }
  }
  if (schema.enum?.includes(null)) {
    return { ...schema, enum: schema.enum.filter((value) => value !== null), nullable: true };
  }
  return schema;
}
