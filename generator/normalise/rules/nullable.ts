import { isRecord, lookUp, type OpenApiDocument, type Schema, type SchemaObject } from '../../openapi/open-api.ts';
import { schemaRule } from '../rule.ts';
import { isNull, withoutNull } from './without-null.ts';

/** Where {@link nullable} notes the members of an object that must be there and may be null. */
export const requiredNulls = 'x-required-nulls';

/**
 * `T or null` becomes T, marked nullable, and a property that may be null is no longer required ({@link
 * requiredNulls}).
 */
export const nullable = schemaRule(
  'nullable',
  'Optional values are unions with null, and a required property may still be null.',
  (schema, place, document) =>
    // A null branch stays what it is until its union is looked at.
    place.kind === 'branch' && isNull(schema)
      ? schema
      : dropDefaultNull(withoutRequiredNulls(withoutNull(unwrap(schema)), document)),
);

/** A union without its null branch; a union of one is that one. */
function unwrap(schema: SchemaObject): SchemaObject {
  return unwrapUnion(unwrapUnion(schema, 'anyOf'), 'oneOf');
}

function unwrapUnion(schema: SchemaObject, key: 'anyOf' | 'oneOf'): SchemaObject {
  const { [key]: branches, ...rest } = schema;
  if (branches === undefined) return schema;
  const kept = branches.filter((branch) => !isNull(branch));
  // A nullable branch makes the whole union so.
  const mayBeNull = kept.length < branches.length || kept.some((branch) => isRecord(branch) && branch.nullable);
  const mark = mayBeNull ? { nullable: true } : {};
  const only = kept[0];
  if (kept.length === 0) return { ...rest, ...mark };
  if (kept.length === 1) return unwrap(alone(isRecord(only) ? only : {}, { ...rest, ...mark }));
  const isDone = kept.length === branches.length && (schema.nullable === true || !mayBeNull);
  return isDone ? schema : { ...rest, [key]: kept, ...mark };
}

const besideReference = new Set(['nullable', 'default', 'description', 'deprecated']);

/** A branch with the members beside its union; beside a reference nothing else has a meaning. */
function alone(branch: SchemaObject, beside: SchemaObject): SchemaObject {
  if (branch.$ref === undefined) return { ...beside, ...branch };
  const kept = Object.entries(beside).filter(([key]) => besideReference.has(key));
  return { ...branch, ...Object.fromEntries(kept) };
}

function withoutRequiredNulls(schema: SchemaObject, document: OpenApiDocument): SchemaObject {
  const { required, properties } = schema;
  if (required === undefined) return schema;
  const kept = required.filter((name) => {
    const property = properties?.[name];
    return property !== undefined && !admitsNull(property, document);
  });
  if (kept.length === required.length) return schema;
  // They must be sent, and null will do: an absent argument is sent as null.
  const nulls = required.filter((name) => properties?.[name] !== undefined && !kept.includes(name));
  const { required: _, ...bare } = schema;
  const rest = nulls.length === 0 ? bare : { ...bare, [requiredNulls]: nulls };
  return kept.length === 0 ? rest : { ...rest, required: kept };
}

function admitsNull(schema: Schema, document: OpenApiDocument): boolean {
  if (!isRecord(schema)) return false;
  if (schema.nullable === true) return true;
  const target = schema.$ref === undefined ? undefined : lookUp(document, schema.$ref);
  return isRecord(target) && withoutNull(unwrap(target)).nullable === true;
}

function dropDefaultNull(schema: SchemaObject): SchemaObject {
  if (schema.default !== null) return schema;
  const { default: _, ...rest } = schema;
  return rest;
}
