import type { GatewayConfig } from '../../gateway/config/gateway-config.ts';
import { publicProse } from '../document/prose.ts';
import { isTypedMap } from '../normalise/type-rules.ts';
import {
  mapComponents,
  mapSchema,
  mapSchemas,
  reachableSchemas,
  withRenamedReferences,
} from '../openapi/map-schemas.ts';
import {
  escapeName,
  freeName,
  isTypeName,
  nearest,
  pascalCase,
  singular,
  typeNameOf,
  wireName,
} from '../openapi/names.ts';
import {
  componentReference,
  decimalMarker,
  deprecatedUpstream,
  idMarker,
  isRecord,
  listOperations,
  mapOperations,
  type OpenApiDocument,
  type OperationObject,
  pickMembers,
  readNotes,
  type Schema,
  type SchemaObject,
  withNotes,
} from '../openapi/open-api.ts';

/** Where {@link mapsAsEntries} marks an entry, so that its type is called one. */
const entryMark = 'x-entry';

/**
 * Maps whose values have a type, as GraphQL can have them: in answers a list of entries, each with a `key` and a
 * `value`, or any JSON, by the config. In arguments a map is JSON, since a caller writes an object. A type that
 * arguments and answers share keeps JSON.
 */
function mapsAsEntries(document: OpenApiDocument, maps: 'entries' | 'JSON' = 'entries'): OpenApiDocument {
  const sent = maps === 'entries' ? typesOf(document, 'parameters') : undefined;
  // A component is an answer's when no argument leads to it.
  const isAnswer = (kind: string, owner: string | undefined): boolean =>
    sent !== undefined && (kind === 'answer' || (owner !== undefined && !sent.has(owner)));
  const inComponents = mapComponents(document, (schema, name) => [name, withMaps(schema, isAnswer('component', name))]);
  // Of the operations only: components are done.
  const { components: _, ...operations } = document;
  const inOperations = mapSchemas(operations, (schema, place) =>
    place.kind === 'answer' || place.kind === 'argument'
      ? record(withMaps(schema, isAnswer(place.kind, undefined)))
      : schema,
  );
  return { ...inComponents, paths: inOperations.paths };
}

const anywhere = { name: undefined, kind: 'component' } as const;
const record = (schema: Schema): SchemaObject => (isRecord(schema) ? schema : {});

const withMaps = (schema: Schema, asEntries: boolean): Schema =>
  mapSchema(schema, anywhere, (inner) => (isTypedMap(inner) ? mapSchemaOf(inner, asEntries) : inner));

function mapSchemaOf(schema: SchemaObject, asEntries: boolean): SchemaObject {
  const beside = pickMembers(schema, (name) => name === 'nullable' || name === 'description');
  if (!asEntries) return beside;
  const value = record(schema.additionalProperties ?? {});
  // Every entry has a key, and the value of the document's type.
  const required = value.nullable === true ? ['key'] : ['key', 'value'];
  const entry = { type: 'object', required, properties: { key: { type: 'string' }, value }, [entryMark]: true };
  return { ...beside, type: 'array', items: entry };
}

/** Components that a part of every operation leads to. */
const typesOf = (document: OpenApiDocument, part: 'parameters' | 'responses'): ReadonlySet<string> =>
  new Set(
    Object.keys(
      reachableSchemas(
        document,
        listOperations(document).map(({ operation }) => operation[part]),
      ),
    ),
  );

/**
 * Gives every inline object and enumeration a component of its own, named by its place: `runs.first_step`
 * of the operation `runs` is `RunsAnswerFirstStep`, one of `Run.steps` is `RunStep`. Mesh would call it
 * `runs_200_response`.
 */
function nameInlineTypes(document: OpenApiDocument): OpenApiDocument {
  const schemas = document.components?.schemas ?? {};
  const namer = createNamer(Object.keys(schemas));
  const named = mapOperations(document, ({ operation }) => namer.operation(operation));
  for (const [name, schema] of Object.entries(schemas)) namer.made[name] = namer.inside(schema, name);
  // By name, so that the document does not depend on where a type was found first.
  const sorted = Object.entries(namer.made).sort(([a], [b]) => (a < b ? -1 : 1));
  return { ...named, components: { ...document.components, schemas: Object.fromEntries(sorted) } };
}

function createNamer(known: readonly string[]) {
  const made: Record<string, Schema> = {};
  const usedNames = new Set(known);

  /** A schema whose place has a name: what needs a type of its own becomes a reference to it. */
  function place(schema: Schema, name: string): Schema {
    if (!isRecord(schema) || schema.$ref !== undefined) return schema;
    if (!needsName(schema)) return inside(schema, name);
    const free = freeName(typeNameOf(name), (candidate) => usedNames.has(candidate) || !isTypeName(candidate));
    usedNames.add(free);
    const { nullable: _, default: __, [entryMark]: ___, ...type } = schema;
    made[free] = inside({ ...type, title: free }, free);
    const beside = pickMembers(schema, (member) => member === 'nullable' || member === 'default');
    return { ...beside, $ref: componentReference(free) };
  }

  /** The parts of a schema that has a name, or needs no name. */
  function inside(schema: Schema, name: string): Schema {
    if (!isRecord(schema)) return schema;
    const parts: Record<string, unknown> = {};
    if (schema.properties !== undefined) {
      const members = Object.entries(schema.properties);
      parts['properties'] = Object.fromEntries(
        members.map(([member, property]) => [member, place(property, `${name}_${pascalCase(member)}`)]),
      );
    }
    if (schema.items !== undefined) parts['items'] = place(schema.items, itemName(schema.items, name));
    return { ...schema, ...parts };
  }

  function operation(given: OperationObject): OperationObject {
    // The id is the field's name by now (`meshDocument`).
    const field = given.operationId ?? '';
    const parameters = given.parameters?.map((parameter) => ({
      ...parameter,
      schema: place(parameter.schema ?? {}, `${pascalCase(field)}_${pascalCase(parameter.name)}`),
    }));
    const responses = Object.entries(given.responses ?? {}).map(([status, response]) => {
      const schema = response.content?.['application/json']?.schema ?? {};
      const content = { 'application/json': { schema: place(schema, `${pascalCase(field)}_Answer`) } };
      return [status, { ...response, content }] as const;
    });
    return {
      ...given,
      ...(parameters === undefined ? {} : { parameters }),
      responses: Object.fromEntries(responses),
    };
  }

  return { made, inside, operation };
}

const itemName = (items: Schema, name: string): string =>
  isRecord(items) && items[entryMark] === true ? `${name}_Entry` : singular(name);

const needsName = (schema: SchemaObject): boolean =>
  schema.enum !== undefined || schema.oneOf !== undefined || Object.keys(schema.properties ?? {}).length > 0;

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
  const answered = typesOf(named, 'responses');
  const keepsProse = settings.descriptions === 'document';
  const shaped = mapComponents(named, (schema, name) => {
    if (!isRecord(schema)) return [name, schema];
    const bare = withPublicNotes(schema, keepsProse);
    const wide = answered.has(name) ? withoutBrokenPromises(wideIntegers(bare, settings), leftOut[name] ?? []) : bare;
    return [name, withSettings(wide, settings.types?.[name])];
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

const place = { name: undefined, kind: 'answer' } as const;

/** An integer without bounds may be anything: NoETL's own counters of bytes are above 32 bits. */
function wideIntegers(schema: SchemaObject, { integers = 'BigInt' }: Settings): SchemaObject {
  if (integers === 'Int') return schema;
  return mapSchema(schema, place, (inner) =>
    inner.type === 'integer' && inner.format === undefined ? { ...inner, format: 'int64' } : inner,
  );
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

/** What callers may read of the document's prose, and what it calls deprecated. */
function withPublicNotes(schema: SchemaObject, keepsProse: boolean): SchemaObject {
  return mapSchema(schema, place, (inner) => {
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
  const renamed = mapComponents(document, (schema, name) => {
    const title = names.get(name);
    return title === undefined || !isRecord(schema) ? [name, schema] : [title, { ...schema, title }];
  });
  return withRenamedReferences(renamed, names);
}
