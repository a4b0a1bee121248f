import { mapSchemas } from './map-schemas.ts';
import { componentName, componentReference, isRecord, type OpenApiDocument, type SchemaObject } from './open-api.ts';

/**
 * A document whose references, those of discriminators too, name components by their new names. The components
 * themselves are the caller's matter.
 * @param names old name → new name; others stay
 */
export function withRenamedReferences(document: OpenApiDocument, names: ReadonlyMap<string, string>): OpenApiDocument {
  const renamed = (ref: unknown): string | undefined => {
    const name = typeof ref === 'string' ? names.get(componentName(ref) ?? '') : undefined;
    return name === undefined ? undefined : componentReference(name);
  };
  return mapSchemas(document, (schema) => {
    const $ref = renamed(schema.$ref);
    return withRenamedMapping($ref === undefined ? schema : { ...schema, $ref }, renamed);
  });
}

function withRenamedMapping(schema: SchemaObject, renamed: (ref: unknown) => string | undefined): SchemaObject {
  const { discriminator } = schema;
  if (!isRecord(discriminator) || !isRecord(discriminator['mapping'])) return schema;
  const pairs = Object.entries(discriminator['mapping']);
  if (pairs.every(([, ref]) => renamed(ref) === undefined)) return schema;
  const mapping = Object.fromEntries(pairs.map(([value, ref]) => [value, renamed(ref) ?? ref]));
  return { ...schema, discriminator: { ...discriminator, mapping } };
}
