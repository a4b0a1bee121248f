import { isRecord, lookUp, type OpenApiDocument, type Schema, type SchemaObject } from '../openapi/open-api.ts';

/** A schema without references, null and unions of one, and whether it admits null. */
export interface PlainSchema {
  readonly schema: SchemaObject;
  readonly nullable: boolean;
}

/** References that lead on to others are followed this far; a circle of aliases ends here. */
const maxSteps = 64;

/**
 * References are followed (siblings apply too), `null` is taken out of types, unions and values. OpenAPI 3.0 writes
 * null as `nullable`, 3.1 as a type, a branch or a value: here all of them are one mark.
 */
export function plainSchema(document: OpenApiDocument, given: Schema | undefined): PlainSchema {
  let schema = objectOf(given);
  let nullable = false;
  for (let step = 0; step < maxSteps; step += 1) {
    const taken = withoutNull(followed(document, schema));
    nullable ||= taken.nullable;
    if (taken.schema === schema) break;
    schema = taken.schema;
  }
  return { schema, nullable };
}

/** `true` and nothing accept anything; `false` accepts no value. */
const objectOf = (schema: Schema | undefined): SchemaObject =>
  isRecord(schema) ? schema : schema === false ? { enum: [] } : {};

function followed(document: OpenApiDocument, schema: SchemaObject): SchemaObject {
  if (schema.$ref === undefined) return schema;
  const { $ref, ...siblings } = schema;
  const target = lookUp(document, $ref);
  return isRecord(target) ? { ...(target as SchemaObject), ...siblings } : siblings;
}

function withoutNull(schema: SchemaObject): PlainSchema {
  const { nullable: mark, ...bare } = schema;
  const steps = [nullOfType, nullOfUnion, nullOfValues];
  const taken = steps.reduce<PlainSchema>(
    (before, step) => {
      const after = step(before.schema);
      return { schema: after.schema, nullable: before.nullable || after.nullable };
    },
    { schema: mark === undefined ? schema : bare, nullable: mark === true },
  );
  return taken;
}

function nullOfType(schema: SchemaObject): PlainSchema {
  const { type, ...rest } = schema;
  if (type === 'null') return { schema: { ...rest, enum: [] }, nullable: true };
  if (!Array.isArray(type)) return { schema, nullable: false };
  const kept = type.filter((one: string) => one !== 'null');
  const nullable = kept.length < type.length;
  const [only] = kept;
  if (kept.length === 1 && only !== undefined) return { schema: { ...rest, type: only }, nullable };
  return nullable ? { schema: { ...rest, type: kept }, nullable } : { schema, nullable };
}

function nullOfUnion(schema: SchemaObject): PlainSchema {
  const key = schema.anyOf === undefined ? 'oneOf' : 'anyOf';
  const branches = schema[key];
  // Beside members a union is a condition on them.
  if (branches === undefined || isObject(schema)) return { schema, nullable: false };
  const kept = branches.filter((branch) => !isNull(branch));
  const nullable = kept.length < branches.length;
  const { [key]: _, ...beside } = schema;
  const [only] = kept;
  if (kept.length === 1) return { schema: { ...beside, ...objectOf(only) }, nullable };
  return nullable ? { schema: { ...schema, [key]: kept }, nullable } : { schema, nullable };
}

function nullOfValues(schema: SchemaObject): PlainSchema {
  if (schema.const === null) {
    const { const: _, ...rest } = schema;
    return { schema: { ...rest, enum: [] }, nullable: true };
  }
  return schema.enum?.includes(null)
    ? { schema: { ...schema, enum: schema.enum.filter((value) => value !== null) }, nullable: true }
    : { schema, nullable: false };
}

const isNull = (schema: Schema): boolean =>
  isRecord(schema) &&
  (schema.type === 'null' || schema.const === null || schema.enum?.every((v) => v === null) === true);

/** The kinds of JSON value that a plain schema admits, in words. `anything` takes in every other kind. */
export function alternativesOf(document: OpenApiDocument, schema: SchemaObject): ReadonlySet<string> {
  const branches = isObject(schema) ? undefined : (schema.anyOf ?? schema.oneOf);
  if (branches !== undefined) {
    const all = branches.flatMap((branch) => [...alternativesOf(document, plainSchema(document, branch).schema)]);
    return new Set(all.includes('anything') ? ['anything'] : all.sort());
  }
  if (isObject(schema)) return new Set(['object']);
  if (schema.items !== undefined) return new Set(['array']);
  const literal = literalsOf(schema)?.map((value) => typeof JSON.parse(value));
  const types = typeof schema.type === 'string' ? [schema.type] : (schema.type ?? literal ?? ['anything']);
  return new Set([...types].sort());
}

/** An object with members of its own; a union beside them is a condition. */
export const isObject = (schema: SchemaObject): boolean => schema.properties !== undefined;

/** The JSON texts of the values that a schema lists; undefined when it does not list them. */
export function literalsOf(schema: SchemaObject): readonly string[] | undefined {
  if (schema.const !== undefined) return [JSON.stringify(schema.const)];
  return schema.enum?.map((value) => JSON.stringify(value));
}
