import type { GatewayConfig } from '../../gateway/config/gateway-config.ts';
import { componentsBelow } from '../openapi/components-below.ts';
import { escapeName, wireName } from '../openapi/escaped-name.ts';
import { deprecatedUpstream, readNotes, withNotes } from '../openapi/field-notes.ts';
import { mapSchema, mapSchemas } from '../openapi/map-schemas.ts';
import { isRecord, listOperations, type OpenApiDocument, type Schema, type SchemaObject } from '../openapi/open-api.ts';
import { withRenamedReferences } from '../openapi/rename-references.ts';
import { decimalMarker, idMarker } from '../openapi/scalar-marks.ts';
import { nearest } from '../table/suggest.ts';
import { mapsAsEntries } from './maps.ts';
import { nameInlineTypes } from './name-inline-types.ts';
import { publicProse } from './public-prose.ts';

/**
 * Members of answers that NoETL's documents promise and that a real server left out or answered as null: type →
 * members. By the recordings of the Python server 4.26 and the Rust server 3.54;
 * `tests/integration/recorded-answers.test.ts` compares them.
 */
const leftOut: Readonly<Record<string, readonly string[]>> = {
  ExecutionEntryResponse: ['path', 'progress', 'start_time', 'status', 'version'],
};

type Settings = NonNullable<GatewayConfig['schema']>;
type TypeSettings = NonNullable<Settings['types']>[string];
type FieldSettings = Exclude<NonNullable<TypeSettings['fields']>[string], string>;

/**
 * The document that Mesh reads, with the types of the schema: every type named, integers of answers wide
 * enough, promises that real servers break taken back, and the config's settings of types and fields.
 */
export function publicTypes(document: OpenApiDocument, settings: Settings = {}): OpenApiDocument {
  const named = nameInlineTypes(mapsAsEntries(document, settings.maps));
  const answered = answeredTypes(named);
  const keepsProse = settings.descriptions === 'document';
  const shaped = mapComponents(named, (schema, name) => {
    const bare = withPublicNotes(schema, keepsProse);
    const wide = answered.has(name) ? withoutBrokenPromises(wideIntegers(bare, settings), leftOut[name] ?? []) : bare;
    return withSettings(wide, settings.types?.[name]);
  });
  // Names last: the settings of a type are looked up by the name that the document gives.
  return renameTypes(wideAnswers(shaped, settings), settings.types ?? {});
}

/** What of `schema.types` is probably a typing error: nothing of the schema is called so, but something nearly so. */
export function unknownTypeSettings(document: OpenApiDocument, { types = {}, maps }: Settings = {}): readonly string[] {
  const schemas = nameInlineTypes(mapsAsEntries(document, maps)).components?.schemas ?? {};
  const like = (place: string, name: string, names: readonly string[]): readonly string[] => {
    const hint = names.includes(name) ? '' : nearest(name, names);
    return hint === '' ? [] : [`schema.types.${place}: the schema has nothing of that name${hint}`];
  };
  return Object.entries(types).flatMap(([type, { fields = {} }]) => {
    const schema = schemas[type];
    if (!isRecord(schema)) return like(type, type, Object.keys(schemas));
    const known = Object.keys(schema.properties ?? {}).map(wireName);
    return Object.keys(fields).flatMap((field) => like(`${type}.fields.${field}`, field, known));
  });
}

/** `Type.wire` of every list whose items the document lets be null. */
export function nullableItemsOf(document: OpenApiDocument): readonly string[] {
  return Object.entries(document.components?.schemas ?? {}).flatMap(([type, schema]) =>
    Object.entries(isRecord(schema) ? (schema.properties ?? {}) : {}).flatMap(([member, property]) =>
      isRecord(property) && isRecord(property.items) && property.items.nullable === true
        ? [`${type}.${wireName(member)}`]
        : [],
    ),
  );
}

function mapComponents(
  document: OpenApiDocument,
  change: (schema: SchemaObject, name: string) => SchemaObject,
): OpenApiDocument {
  const schemas = Object.entries(document.components?.schemas ?? {}).map(
    ([name, schema]) => [name, isRecord(schema) ? change(schema, name) : schema] as const,
  );
  return { ...document, components: { ...document.components, schemas: Object.fromEntries(schemas) } };
}

/** Components that answers lead to. */
const answeredTypes = (document: OpenApiDocument): ReadonlySet<string> =>
  componentsBelow(
    document,
    listOperations(document).flatMap(({ operation }): Schema[] => {
      const schema = operation.responses?.['200']?.content?.['application/json']?.schema;
      return schema === undefined ? [] : [schema];
    }),
  );

const place = { name: undefined, kind: 'answer' } as const;

/** An integer without bounds may be anything: NoETL's own counters of bytes are above 32 bits. */
function wideIntegers(schema: SchemaObject, { integers = 'BigInt' }: Settings): SchemaObject {
  if (integers === 'Int') return schema;
  const mapped = mapSchema(schema, place, (inner) =>
    inner.type === 'integer' && inner.format === undefined ? { ...inner, format: 'int64' } : inner,
  );
  return isRecord(mapped) ? mapped : schema;
}

/** The same for what answers are without a type of their own: an integer, a list of integers. */
function wideAnswers(document: OpenApiDocument, settings: Settings): OpenApiDocument {
  return mapSchemas(document, (schema, { kind }) =>
    kind === 'answer' && schema.$ref === undefined ? wideIntegers(schema, settings) : schema,
  );
}

const withoutBrokenPromises = (schema: SchemaObject, broken: readonly string[]): SchemaObject =>
  schema.required === undefined || broken.length === 0
    ? schema
    : { ...schema, required: schema.required.filter((name) => !broken.includes(name)) };

const eachSchema = (schema: SchemaObject, change: (inner: SchemaObject) => SchemaObject): SchemaObject => {
  const mapped = mapSchema(schema, place, change);
  return isRecord(mapped) ? mapped : schema;
};

/** What callers may read of the document's prose, and what it calls deprecated. */
function withPublicNotes(schema: SchemaObject, keepsProse: boolean): SchemaObject {
  return eachSchema(schema, (inner) => {
    const { description, deprecated, ...rest } = inner;
    if (description === undefined && deprecated === undefined) return inner;
    const prose = keepsProse ? publicProse(description) : undefined;
    return withNotes(rest, prose, deprecated === true ? deprecatedUpstream : undefined);
  });
}

function withSettings(schema: SchemaObject, settings: TypeSettings | undefined): SchemaObject {
  if (settings === undefined) return schema;
  const { description, fields = {} } = settings;
  const properties: Record<string, Schema> = { ...schema.properties };
  const nullable = new Set<string>();
  for (const [wire, setting] of Object.entries(fields)) {
    const member = escapeName(wire);
    const property = properties[member];
    if (property === undefined) continue;
    const options: FieldSettings = typeof setting === 'string' ? { description: setting } : setting;
    if (options.nullable === true) nullable.add(member);
    properties[member] = fieldSchema(property, options);
  }
  return {
    ...schema,
    ...(description === undefined ? {} : { description }),
    ...(schema.properties === undefined ? {} : { properties }),
    ...(schema.required === undefined ? {} : { required: schema.required.filter((name) => !nullable.has(name)) }),
  };
}

/** What Mesh makes each scalar of. */
const scalarSchemas: Readonly<Record<NonNullable<FieldSettings['type']>, SchemaObject>> = {
  BigInt: { type: 'integer', format: 'int64' },
  Boolean: { type: 'boolean' },
  Date: { type: 'string', format: 'date' },
  DateTime: { type: 'string', format: 'date-time' },
  Decimal: { type: 'string', maxLength: decimalMarker },
  Float: { type: 'number' },
  ID: { type: 'string', maxLength: idMarker },
  Int: { type: 'integer', format: 'int32' },
  JSON: {},
  String: { type: 'string' },
  URL: { type: 'string', format: 'uri' },
  UUID: { type: 'string', format: 'uuid' },
};

function fieldSchema(property: Schema, { type, description, deprecated }: FieldSettings): Schema {
  const given = type === undefined ? property : scalarSchemas[type];
  const { description: before, ...bare } = isRecord(given) ? given : {};
  const known = readNotes(typeof before === 'string' ? before : undefined);
  return withNotes(bare, description ?? known.description, deprecated ?? known.deprecated);
}

function renameTypes(document: OpenApiDocument, types: NonNullable<Settings['types']>): OpenApiDocument {
  const names = new Map(
    Object.entries(types).flatMap(([type, { name }]) => (name === undefined ? [] : [[type, name]])),
  );
  if (names.size === 0) return document;
  const schemas = Object.entries(document.components?.schemas ?? {}).map(([name, schema]) => {
    const next = names.get(name);
    return next === undefined || !isRecord(schema)
      ? ([name, schema] as const)
      : ([next, { ...schema, title: next }] as const);
  });
  const renamed = { ...document, components: { ...document.components, schemas: Object.fromEntries(schemas) } };
  return withRenamedReferences(renamed, names);
}
