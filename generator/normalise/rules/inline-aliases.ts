import { mapSchema, mapSchemas, type Place } from '../../openapi/map-schemas.ts';
import {
  componentName,
  isRecord,
  lookUp,
  type OpenApiDocument,
  type Schema,
  type SchemaObject,
} from '../../openapi/open-api.ts';
import type { Rule } from '../rule.ts';
import { isEnum } from './constants.ts';
import { isObjectType, isUnionOfObjects } from './union-of-objects.ts';
import { withoutNull } from './without-null.ts';

/**
 * A reference to anything but an object or an enumeration is replaced by what it points to; one that leads back to
 * itself accepts anything. References that stay keep only what is about their place.
 */
export const inlineAliases: Rule = {
  name: 'inline-aliases',
  habit:
    'Scalars, lists and unions are named as components, some of them recursive, and GraphQL has no name for those.',
  apply(document) {
    const counter = { changes: 0 };
    const memo = new Map<string, Schema>();
    const mapped = mapSchemas(document, (schema) => inline(document, schema, [], counter, memo));
    return counter.changes === 0 ? { document, changes: 0 } : { document: mapped, changes: counter.changes };
  },
};

const anywhere: Place = { name: undefined, kind: 'component' };

/** What means something beside a reference. */
const beside = new Set(['nullable', 'default', 'description', 'deprecated']);

function inline(
  document: OpenApiDocument,
  schema: SchemaObject,
  trail: readonly string[],
  counter: { changes: number },
  memo: Map<string, Schema>,
): Schema {
  const { $ref, ...siblings } = schema;
  if ($ref === undefined) return schema;
  const target = lookUp(document, $ref);
  if (
    componentName($ref) !== undefined &&
    // Behind the prefix a slash leads into a component, and that part has no name of its own.
    !$ref.slice(21).includes('/') &&
    (isObjectType(target) || isNamedEnum(target) || isNamedUnion(target, document))
  ) {
    const kept = Object.entries(siblings).filter(([key]) => beside.has(key));
    if (kept.length === Object.keys(siblings).length) return schema;
    counter.changes += 1;
    return { $ref, ...Object.fromEntries(kept) };
  }
  counter.changes += 1;
  const body = memo.get($ref) ?? bodyOf(document, $ref, target, trail, counter, memo);
  // Only from the outside: within a circle the body is cut where it meets itself.
  if (trail.length === 0) memo.set($ref, body);
  return isRecord(body) ? { ...body, ...siblings } : body;
}

function bodyOf(
  document: OpenApiDocument,
  ref: string,
  target: unknown,
  trail: readonly string[],
  counter: { changes: number },
  memo: Map<string, Schema>,
): Schema {
  if (trail.includes(ref) || !isRecord(target)) return {};
  return mapSchema(target, anywhere, (inner) => inline(document, inner, [...trail, ref], counter, memo));
}

const isNamedEnum = (target: unknown): boolean => isRecord(target) && isEnum(withoutNull(target as SchemaObject));

const isNamedUnion = (target: unknown, document: OpenApiDocument): boolean =>
  isRecord(target) && isUnionOfObjects(target as SchemaObject, document);
