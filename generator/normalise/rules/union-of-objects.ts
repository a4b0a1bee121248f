import { isRecord, lookUp, type OpenApiDocument, type SchemaObject } from '../../openapi/open-api.ts';

/** A type of its own: an object with properties. */
export const isObjectType = (schema: unknown): boolean =>
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
