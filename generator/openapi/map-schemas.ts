import { setMember } from '../../plugins/json/lossless-json.ts';
import {
  type Body,
  componentName,
  componentReference,
  isRecord,
  type Media,
  mapOperations,
  type OpenApiDocument,
  type OperationObject,
  type Parameter,
  type Schema,
  type SchemaObject,
  unescapePointer,
} from './open-api.ts';

/** The place of a schema. `name`: of the property, argument or component; items of a list have their list's name. */
export interface Place {
  readonly name: string | undefined;
  readonly kind: 'component' | 'property' | 'argument' | 'body' | 'answer' | 'items' | 'branch';
}

/** What becomes of a schema. Its parts are rewritten by now. */
type MapSchema = (schema: SchemaObject, place: Place) => Schema;

/** What becomes of a schema that is `true` or `false`; by default it stays. */
type BooleanChange = (schema: boolean) => Schema;

const keep: BooleanChange = (schema) => schema;

/**
 * Rewrites every schema of a document, children before parents: components, parameters, bodies and answers. What
 * `change` returns as it was given stays the same object, and so does everything around it that holds no other one.
 * `default`, `enum`, `const` and examples are not schemas. References are not followed: what they lead to is a
 * component, and rewritten there.
 */
export function mapSchemas(
  document: OpenApiDocument,
  change: MapSchema,
  boolean: BooleanChange = keep,
): OpenApiDocument {
  const schemas = document.components?.schemas;
  const components =
    schemas === undefined
      ? document.components
      : withPart(
          document.components ?? {},
          'schemas',
          mapValues(schemas, (schema, name) => mapSchema(schema, { name, kind: 'component' }, change, boolean)),
        );
  const mapped = mapOperations(document, ({ operation }) => mapOperationSchemas(operation, change, boolean));
  return components === undefined ? mapped : { ...mapped, components };
}

function mapOperationSchemas(operation: OperationObject, change: MapSchema, boolean: BooleanChange): OperationObject {
  const { parameters, requestBody, responses } = operation;
  let mapped = operation;
  if (Array.isArray(parameters)) {
    mapped = withPart(
      mapped,
      'parameters',
      mapItems(parameters as readonly Parameter[], (parameter) =>
        parameter.schema === undefined
          ? parameter
          : withPart(
              parameter,
              'schema',
              mapSchema(parameter.schema, { name: parameter.name, kind: 'argument' }, change, boolean),
            ),
      ),
    );
  }
  if (requestBody !== undefined)
    mapped = withPart(mapped, 'requestBody', mapBody(requestBody, 'body', change, boolean));
  if (responses !== undefined) {
    mapped = withPart(
      mapped,
      'responses',
      mapValues(responses, (response) => mapBody(response, 'answer', change, boolean)),
    );
  }
  return mapped;
}

function mapBody(body: Body, kind: 'body' | 'answer', change: MapSchema, boolean: BooleanChange): Body {
  if (!isRecord(body) || !isRecord(body.content)) return body;
  const content = mapValues(body.content, (media: Media) =>
    media.schema === undefined
      ? media
      : withPart(media, 'schema', mapSchema(media.schema, { name: undefined, kind }, change, boolean)),
  );
  return withPart(body, 'content', content);
}

/** The same object when the part is the same. */
const withPart = <Whole extends object, Key extends keyof Whole>(whole: Whole, key: Key, part: Whole[Key]): Whole =>
  whole[key] === part ? whole : { ...whole, [key]: part };

/** {@link mapSchemas} for one schema. */
export function mapSchema<To extends Schema>(
  schema: SchemaObject,
  place: Place,
  change: (schema: SchemaObject, place: Place) => To,
): To;
export function mapSchema(schema: Schema, place: Place, change: MapSchema, boolean?: BooleanChange): Schema;
export function mapSchema(schema: Schema, place: Place, change: MapSchema, boolean: BooleanChange = keep): Schema {
  if (!isRecord(schema)) return boolean(schema);
  const inside = (inner: Schema, name: string | undefined, kind: Place['kind']): Schema =>
    mapSchema(inner, { name, kind }, change, boolean);
  const { properties, items, additionalProperties } = schema;
  let mapped: SchemaObject = schema;
  if (isRecord(properties)) {
    mapped = withPart(
      mapped,
      'properties',
      mapValues(properties, (property, name) => inside(property, name, 'property')),
    );
  }
  // Items have their list's name, so `event_ids` names the meaning of its items.
  if (items !== undefined) mapped = withPart(mapped, 'items', inside(items, place.name, 'items'));
  if (isRecord(additionalProperties)) {
    mapped = withPart(mapped, 'additionalProperties', inside(additionalProperties, undefined, 'items'));
  }
  for (const key of ['anyOf', 'oneOf', 'allOf'] as const) {
    const branches = schema[key];
    if (!Array.isArray(branches)) continue;
    mapped = withPart(
      mapped,
      key,
      mapItems<Schema>(branches, (branch) => inside(branch, place.name, 'branch')),
    );
  }
  return change(mapped, place);
}

/** Rewrites the components of a document, with their names. References to them are the caller's matter. */
export function mapComponents(
  document: OpenApiDocument,
  change: (schema: Schema, name: string) => readonly [name: string, schema: Schema],
): OpenApiDocument {
  const schemas = Object.entries(document.components?.schemas ?? {}).map(([name, schema]) => change(schema, name));
  return { ...document, components: { ...document.components, schemas: Object.fromEntries(schemas) } };
}

/** @returns the same object when every value is the same */
function mapValues<Value>(
  record: Readonly<Record<string, Value>>,
  map: (value: Value, key: string) => Value,
): Readonly<Record<string, Value>> {
  const mapped: Record<string, Value> = {};
  let isSameSoFar = true;
  for (const key of Object.keys(record)) {
    const before = record[key] as Value;
    const value = map(before, key);
    if (value !== before) isSameSoFar = false;
    setMember(mapped, key, value);
  }
  return isSameSoFar ? record : mapped;
}

function mapItems<Item>(items: readonly Item[], map: (item: Item) => Item): readonly Item[] {
  const mapped = items.map(map);
  return mapped.every((item, index) => item === items[index]) ? items : mapped;
}

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

const componentRef = /^#\/components\/schemas\/([^/]+)/;

/**
 * The component schemas that a part of a document refers to, directly or through others; by name, in order. A reference
 * that leads nowhere is passed over. Each schema is walked once, so types that lead to themselves end.
 */
export function reachableSchemas(document: OpenApiDocument, part: unknown): Record<string, Schema> {
  const schemas = document.components?.schemas ?? {};
  const found = new Map<string, Schema>();
  const queue = [part];
  while (queue.length > 0) {
    const node = queue.pop();
    if (typeof node !== 'object' || node === null) continue;
    const name = referredName(node);
    const target = Object.hasOwn(schemas, name) ? schemas[name] : undefined;
    if (target !== undefined && !found.has(name)) {
      found.set(name, target);
      queue.push(target);
    }
    for (const member of Object.values(node)) queue.push(member);
  }
  return Object.fromEntries([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** `''` for what is no reference to a component. */
function referredName(node: object): string {
  const ref = '$ref' in node && typeof node.$ref === 'string' ? node.$ref : '';
  return unescapePointer(componentRef.exec(ref)?.[1] ?? '');
}
