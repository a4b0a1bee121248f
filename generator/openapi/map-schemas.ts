import {
  type Body,
  isRecord,
  type Media,
  mapOperations,
  type OpenApiDocument,
  type OperationObject,
  type Parameter,
  type Schema,
  type SchemaObject,
} from './open-api.ts';
import { setMember } from './set-member.ts';

/** Where a schema stands. `name`: of the property, argument or component; items of a list have their list's name. */
export interface Place {
  readonly name: string | undefined;
  readonly kind: 'component' | 'property' | 'argument' | 'body' | 'answer' | 'items' | 'branch';
}

export type SchemaChange = (schema: SchemaObject, place: Place) => Schema;

/** What becomes of a schema that is `true` or `false`; by default it stays. */
export type BooleanChange = (schema: boolean) => Schema;

const keep: BooleanChange = (schema) => schema;

/**
 * Rewrites every schema of a document, children before parents: components, parameters, bodies and answers.
 * What `change` returns as it was given stays the same object. `default`, `enum`, `const` and examples are not schemas.
 */
export function mapSchemas(
  document: OpenApiDocument,
  change: SchemaChange,
  boolean: BooleanChange = keep,
): OpenApiDocument {
  const schemas = document.components?.schemas;
  const components =
    schemas === undefined
      ? document.components
      : {
          ...document.components,
          schemas: mapValues(schemas, (schema, name) =>
            mapSchema(schema, { name, kind: 'component' }, change, boolean),
          ),
        };
  const mapped = mapOperations(document, ({ operation }) => mapOperationSchemas(operation, change, boolean));
  return components === undefined ? mapped : { ...mapped, components };
}

function mapOperationSchemas(
  operation: OperationObject,
  change: SchemaChange,
  boolean: BooleanChange,
): OperationObject {
  const parts: Record<string, unknown> = {};
  if (Array.isArray(operation.parameters)) {
    parts['parameters'] = operation.parameters.map((parameter: Parameter) =>
      parameter.schema === undefined
        ? parameter
        : {
            ...parameter,
            schema: mapSchema(parameter.schema, { name: parameter.name, kind: 'argument' }, change, boolean),
          },
    );
  }
  if (operation.requestBody !== undefined)
    parts['requestBody'] = mapBody(operation.requestBody, 'body', change, boolean);
  if (operation.responses !== undefined) {
    parts['responses'] = mapValues(operation.responses, (response) => mapBody(response, 'answer', change, boolean));
  }
  return { ...operation, ...parts };
}

function mapBody(body: Body, kind: 'body' | 'answer', change: SchemaChange, boolean: BooleanChange): Body {
  if (!isRecord(body) || !isRecord(body.content)) return body;
  return {
    ...body,
    content: mapValues(body.content, (media: Media) =>
      media.schema === undefined
        ? media
        : { ...media, schema: mapSchema(media.schema, { name: undefined, kind }, change, boolean) },
    ),
  };
}

/** {@link mapSchemas} for one schema. */
export function mapSchema(schema: Schema, place: Place, change: SchemaChange, boolean: BooleanChange = keep): Schema {
  if (!isRecord(schema)) return boolean(schema);
  const parts: Record<string, unknown> = {};
  if (isRecord(schema.properties)) {
    parts['properties'] = mapValues(schema.properties, (property: Schema, name) =>
      mapSchema(property, { name, kind: 'property' }, change, boolean),
    );
  }
  if (schema.items !== undefined)
    parts['items'] = mapSchema(schema.items, { name: place.name, kind: 'items' }, change, boolean);
  if (isRecord(schema.additionalProperties)) {
    parts['additionalProperties'] = mapSchema(
      schema.additionalProperties,
      { name: undefined, kind: 'items' },
      change,
      boolean,
    );
  }
  for (const key of ['anyOf', 'oneOf', 'allOf'] as const) {
    const branches = schema[key];
    if (Array.isArray(branches)) {
      parts[key] = branches.map((branch: Schema) =>
        mapSchema(branch, { name: place.name, kind: 'branch' }, change, boolean),
      );
    }
  }
  return change(isSame(schema, parts) ? schema : { ...schema, ...parts }, place);
}

function isSame(schema: SchemaObject, parts: Record<string, unknown>): boolean {
  return Object.entries(parts).every(([key, part]) => {
    const before = schema[key];
    if (part === before) return true;
    const isContainer = key === 'properties' || Array.isArray(part);
    if (!isContainer || typeof before !== 'object' || before === null) return false;
    const values = Object.entries(part as object);
    return (
      values.length === Object.keys(before).length &&
      values.every(([name, value]) => (before as Record<string, unknown>)[name] === value)
    );
  });
}

function mapValues<In, Out>(
  record: Readonly<Record<string, In>>,
  map: (value: In, key: string) => Out,
): Record<string, Out> {
  const mapped: Record<string, Out> = {};
  for (const key of Object.keys(record)) setMember(mapped, key, map(record[key] as In, key));
  return mapped;
}
