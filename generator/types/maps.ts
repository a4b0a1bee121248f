import { isTypedMap } from '../normalise/rules/free-form.ts';
import { componentsBelow } from '../openapi/components-below.ts';
import { mapSchema, mapSchemas } from '../openapi/map-schemas.ts';
import { isRecord, listOperations, type OpenApiDocument, type Schema, type SchemaObject } from '../openapi/open-api.ts';

/** Where {@link mapsAsEntries} marks an entry, so that its type is called one. */
export const entryMark = 'x-entry';

/**
 * Maps whose values have a type, as GraphQL can have them: in answers a list of entries, each with a `key` and a
 * `value`, or any JSON, by the config. In arguments a map is JSON, since a caller writes an object. A type that
 * arguments and answers share keeps JSON.
 */
export function mapsAsEntries(document: OpenApiDocument, maps: 'entries' | 'JSON' = 'entries'): OpenApiDocument {
  const sent = maps === 'entries' ? sentTypes(document) : undefined;
  // A component is an answer's when no argument leads to it.
  const isAnswer = (kind: string, owner: string | undefined): boolean =>
    sent !== undefined && (kind === 'answer' || (owner !== undefined && !sent.has(owner)));
  const schemas = Object.entries(document.components?.schemas ?? {}).map(
    ([name, schema]) => [name, withMaps(schema, isAnswer('component', name))] as const,
  );
  const inOperations = mapSchemas({ ...document, components: { schemas: {} } }, (schema, place) =>
    place.kind === 'answer' || place.kind === 'argument'
      ? record(withMaps(schema, isAnswer(place.kind, undefined)))
      : schema,
  );
  return { ...inOperations, components: { ...document.components, schemas: Object.fromEntries(schemas) } };
}

const anywhere = { name: undefined, kind: 'component' } as const;
const record = (schema: Schema): SchemaObject => (isRecord(schema) ? schema : {});

const withMaps = (schema: Schema, asEntries: boolean): Schema =>
  mapSchema(schema, anywhere, (inner) => (isTypedMap(inner) ? mapSchemaOf(inner, asEntries) : inner));

function mapSchemaOf({ additionalProperties, nullable, description }: SchemaObject, asEntries: boolean): SchemaObject {
  const beside = {
    ...(nullable === undefined ? {} : { nullable }),
    ...(description === undefined ? {} : { description }),
  };
  if (!asEntries) return beside;
  const value = record(additionalProperties ?? {});
  // Every entry has a key, and the value of the document's type.
  const required = value.nullable === true ? ['key'] : ['key', 'value'];
  const entry = { type: 'object', required, properties: { key: { type: 'string' }, value }, [entryMark]: true };
  return { ...beside, type: 'array', items: entry };
}

/** Components that arguments lead to. */
const sentTypes = (document: OpenApiDocument): ReadonlySet<string> =>
  componentsBelow(
    document,
    listOperations(document).flatMap(({ operation }) =>
      (operation.parameters ?? []).map(({ schema }): Schema => schema ?? {}),
    ),
  );
