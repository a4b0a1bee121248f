import { mapSchema, mapSchemas, type Place } from '../openapi/map-schemas.ts';
import { isPublicName, meshName } from '../openapi/names.ts';
import {
  componentName,
  isRecord,
  lookUp,
  type OpenApiDocument,
  pickMembers,
  type Schema,
  type SchemaObject,
} from '../openapi/open-api.ts';
import { documentRule, type Rule, schemaRule } from './normalise.ts';
import { inlineParameterContent, jsonBody, oneAnswer, resolveReferences } from './operation-rules.ts';

/**
 * `true` becomes `{}`, which accepts the same (JSON Schema 2020-12, §4.3.2); `false`, which accepts nothing, too: the
 * document has no better type.
 */
export const booleanSchemas = documentRule(
  'boolean-schemas',
  'A schema of OpenAPI 3.1 may be `true`, which a reader of objects passes over.',
  (document, count) =>
    mapSchemas(
      document,
      (schema) => schema,
      () => {
        count();
        return {};
      },
    ),
);

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
export function unwrap(schema: SchemaObject): SchemaObject {
  return unwrapUnion(unwrapUnion(schema, 'anyOf'), 'oneOf');
}

function unwrapUnion(schema: SchemaObject, key: 'anyOf' | 'oneOf'): SchemaObject {
  const { [key]: branches, ...rest } = schema;
  if (branches === undefined) return schema;
  const remaining = branches.filter((branch) => !isNull(branch));
  // A nullable branch makes the whole union so.
  const mayBeNull =
    remaining.length < branches.length || remaining.some((branch) => isRecord(branch) && branch.nullable);
  const mark = mayBeNull ? { nullable: true } : {};
  const only = remaining[0];
  if (remaining.length === 0) return { ...rest, ...mark };
  if (remaining.length === 1) return unwrap(alone(isRecord(only) ? only : {}, { ...rest, ...mark }));
  const isDone = remaining.length === branches.length && (schema.nullable === true || !mayBeNull);
  return isDone ? schema : { ...rest, [key]: remaining, ...mark };
}

/** What means something beside a reference. */
const isBesideReference = (name: string): boolean =>
  ['nullable', 'default', 'description', 'deprecated'].includes(name);

/** A branch with the members beside its union; beside a reference nothing else has a meaning. */
function alone(branch: SchemaObject, beside: SchemaObject): SchemaObject {
  return branch.$ref === undefined
    ? { ...beside, ...branch }
    : { ...branch, ...pickMembers(beside, isBesideReference) };
}

function withoutRequiredNulls(schema: SchemaObject, document: OpenApiDocument): SchemaObject {
  const { required, properties } = schema;
  if (required === undefined) return schema;
  const remaining = required.filter((name) => {
    const property = properties?.[name];
    return property !== undefined && !admitsNull(property, document);
  });
  if (remaining.length === required.length) return schema;
  // They must be sent, and null will do: an absent argument is sent as null.
  const nulls = required.filter((name) => properties?.[name] !== undefined && !remaining.includes(name));
  const { required: _, ...bare } = schema;
  const rest = nulls.length === 0 ? bare : { ...bare, [requiredNulls]: nulls };
  return remaining.length === 0 ? rest : { ...rest, required: remaining };
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
    const remaining = schema.type.filter((type: string) => type !== 'null');
    if (remaining.length < schema.type.length || remaining.length === 1) {
      const mark = remaining.length < schema.type.length ? { nullable: true } : {};
      return withoutNull({ ...schema, type: remaining.length === 1 ? remaining[0] : remaining, ...mark });
    }
  }
  if (schema.enum?.includes(null)) {
    return { ...schema, enum: schema.enum.filter((value) => value !== null), nullable: true };
  }
  return schema;
}

/** Members that do not affect a value's type (JSON Schema 2020-12, Validation, §9; OpenAPI 3.1, §4.8.24). */
const annotations = new Set([
  'title',
  'example',
  'examples',
  'readOnly',
  'writeOnly',
  'xml',
  'externalDocs',
  'contentMediaType',
  'contentEncoding',
]);

/**
 * Titles, examples and vendor extensions go: a type is named by its component. What may be shown of descriptions is
 * decided later.
 */
export const dropAnnotations = schemaRule(
  'drop-annotations',
  'Every property carries a generated title, and a title like `Query` would take the place of the root type.',
  (schema) => pickMembers(schema, (name) => !isAnnotation(name)),
);

const isAnnotation = (key: string): boolean =>
  annotations.has(key) || (key.startsWith('x-') && key !== requiredNulls) || (key.startsWith('$') && key !== '$ref');

/**
 * `allOf` becomes one schema with everything its branches have. Where two branches define one member, the
 * later one counts; the schema's own definition counts first.
 */
export const mergeAllOf = schemaRule(
  'merge-all-of',
  'Models that inherit, and references with siblings, are written as `allOf`.',
  (schema, _place, document) => (schema.allOf === undefined ? schema : merge(schema, document, new Set())),
);

function merge(schema: SchemaObject, document: OpenApiDocument, seen: ReadonlySet<string>): SchemaObject {
  const { allOf = [], ...own } = schema;
  const only = allOf.length === 1 ? allOf[0] : undefined;
  // A reference with siblings, as OpenAPI 3.0 has to write it: the reference stays one, so the type keeps its name.
  if (isRecord(only) && only.$ref !== undefined && own.properties === undefined) return { ...own, ...only };
  const merged = [...allOf, own].reduce<SchemaObject>((all, branch) => join(all, expand(branch, document, seen)), {});
  // What came by reference is as the document has it, and may hold more of the same further down.
  const inside = new Set([...seen, ...allOf.flatMap((branch) => (isRecord(branch) ? (branch.$ref ?? []) : []))]);
  const below = mapSchema(merged, inBranch, (inner) =>
    inner.allOf === undefined ? inner : merge(inner, document, inside),
  );
  return isRecord(below) ? below : {};
}

const inBranch: Place = { name: undefined, kind: 'branch' };

/** A branch with its own reference and `allOf` resolved; a branch that leads back to itself adds nothing. */
function expand(branch: Schema, document: OpenApiDocument, seen: ReadonlySet<string>): SchemaObject {
  if (!isRecord(branch)) return {};
  const { $ref, ...own } = branch;
  if ($ref === undefined) {
    const merged = branch.allOf === undefined ? branch : merge(branch, document, seen);
    return merged.$ref === undefined ? merged : expand(merged, document, seen);
  }
  if (seen.has($ref)) return own;
  const target = lookUp(document, $ref);
  const resolved = isRecord(target) ? expand(target, document, new Set([...seen, $ref])) : {};
  return join(resolved, own);
}

function join(left: SchemaObject, right: SchemaObject): SchemaObject {
  const joined: Record<string, unknown> = { ...left, ...right };
  if (left.properties !== undefined || right.properties !== undefined) {
    joined['properties'] = { ...left.properties, ...right.properties };
  }
  if (left.required !== undefined || right.required !== undefined) {
    // What one branch requires is required (JSON Schema 2020-12, §10.2.1.1).
    joined['required'] = [...new Set([...(left.required ?? []), ...(right.required ?? [])])];
  }
  return joined;
}

/** A type of its own: an object with properties. */
const isObjectType = (schema: unknown): boolean =>
  isRecord(schema) && isRecord(schema['properties']) && Object.keys(schema['properties']).length > 0;

/** A union that GraphQL can have: different object components, distinguished by a member. */
export function isUnionOfObjects(schema: SchemaObject, document: OpenApiDocument): boolean {
  const { discriminator } = schema;
  if (!isRecord(discriminator) || typeof discriminator['propertyName'] !== 'string') return false;
  if (isObjectType(schema)) return false;
  const branches = schema.oneOf ?? schema.anyOf ?? [];
  const refs = branches.map((branch) => (isRecord(branch) ? branch.$ref : undefined));
  return (
    refs.length > 1 &&
    new Set(refs).size === refs.length &&
    refs.every((ref) => ref !== undefined && isObjectType(lookUp(document, ref)))
  );
}

/** `anyOf` and `oneOf` beside properties go: they are conditions, and the upstream checks them. */
export const dropConditions = schemaRule(
  'drop-conditions',
  'That one of two fields must be given is written as a union of `required` lists beside the properties.',
  (schema) => {
    if (!isObjectType(schema) || (schema.anyOf === undefined && schema.oneOf === undefined)) return schema;
    const { anyOf: _, oneOf: __, ...rest } = schema;
    return rest;
  },
);

/**
 * A reference to anything but an object or an enumeration is replaced by what it points to; one that leads back to
 * itself accepts anything. References that stay keep only what is about their place.
 */
export const inlineAliases = documentRule(
  'inline-aliases',
  'Scalars, lists and unions are named as components, some of them recursive, and GraphQL has no name for those.',
  (document, count) => {
    const bodies = new Map<string, Schema>();
    const inline = (schema: SchemaObject, trail: readonly string[]): Schema => {
      const { $ref, ...siblings } = schema;
      if ($ref === undefined) return schema;
      if (isNamedType(document, $ref)) {
        const remaining = pickMembers(siblings, isBesideReference);
        if (remaining === siblings) return schema;
        count();
        return { $ref, ...remaining };
      }
      count();
      const body = bodies.get($ref) ?? bodyOf($ref, trail);
      // Only from the outside: within a circle the body is cut where it meets itself.
      if (trail.length === 0) bodies.set($ref, body);
      return isRecord(body) ? { ...body, ...siblings } : body;
    };
    const bodyOf = ($ref: string, trail: readonly string[]): Schema => {
      const target = lookUp(document, $ref);
      if (trail.includes($ref) || !isRecord(target)) return {};
      return mapSchema(target, { name: undefined, kind: 'component' }, (inner) => inline(inner, [...trail, $ref]));
    };
    return mapSchemas(document, (schema) => inline(schema, []));
  },
);

/** Whether a reference leads to a component that has a name in GraphQL: an object, an enumeration, a union of objects. */
function isNamedType(document: OpenApiDocument, ref: string): boolean {
  // Behind the prefix a slash leads into a component, and that part has no name of its own.
  if (componentName(ref) === undefined || ref.slice('#/components/schemas/'.length).includes('/')) return false;
  const target = lookUp(document, ref);
  return (
    isRecord(target) && (isObjectType(target) || isEnum(withoutNull(target)) || isUnionOfObjects(target, document))
  );
}

/**
 * Rules that bring operations and schemas into one form without changing a name or a type. Their order matters:
 * references first, then what replaces them; `allOf` before aliases, since it decides what is an object.
 */
export const structureRules: readonly Rule[] = [
  resolveReferences,
  inlineParameterContent,
  oneAnswer,
  jsonBody,
  booleanSchemas,
  dropAnnotations,
  mergeAllOf,
  dropConditions,
  inlineAliases,
  nullable,
];

/** Whether a schema is an enumeration that GraphQL can have. */
export function isEnum(schema: SchemaObject): boolean {
  const { enum: values, type } = schema;
  if (values === undefined || values.length === 0) return false;
  if (otherShapes.some((key) => schema[key] !== undefined)) return false;
  if (type !== undefined && type !== 'string') return false;
  const names = values.map((value) => (typeof value === 'string' && value !== '' ? enumName(value) : undefined));
  return names.every((name) => name !== undefined && isPublicName(name)) && new Set(names).size === names.length;
}

const otherShapes = ['const', 'properties', 'items', 'anyOf', 'oneOf', 'allOf'] as const;

/** As Mesh names a value. */
const enumName = (value: string): string => {
  const name = meshName(value);
  return /^(?:true|false|null)$/.test(name) ? name.toUpperCase() : name;
};
