import { mapSchema, type Place } from '../../openapi/map-schemas.ts';
import { isRecord, lookUp, type OpenApiDocument, type Schema, type SchemaObject } from '../../openapi/open-api.ts';
import { schemaRule } from '../rule.ts';

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
  const below = mapSchema(merged, anywhere, (inner) =>
    inner.allOf === undefined ? inner : merge(inner, document, inside),
  );
  return isRecord(below) ? below : {};
}

const anywhere: Place = { name: undefined, kind: 'branch' };

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
