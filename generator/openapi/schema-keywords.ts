import type { SchemaObject } from './open-api.ts';

/** Bounds by the way in which they become tighter. */
export const bounds = {
  minimum: 'up',
  exclusiveMinimum: 'up',
  minLength: 'up',
  minItems: 'up',
  minProperties: 'up',
  minContains: 'up',
  maximum: 'down',
  exclusiveMaximum: 'down',
  maxLength: 'down',
  maxItems: 'down',
  maxProperties: 'down',
  maxContains: 'down',
} as const;

/**
 * Constraints that cannot be compared: neither of two is tighter in general. A change of one is dangerous in both
 * directions.
 */
export const incomparable = [
  'multipleOf',
  'contains',
  'prefixItems',
  'propertyNames',
  'patternProperties',
  'dependentRequired',
  'dependentSchemas',
  'unevaluatedProperties',
  'unevaluatedItems',
  'not',
  'if',
  'then',
  'else',
];

/** Keywords that limit values (JSON Schema 2020-12, Validation, §6), and conditions. NoETL checks them itself. */
export const constraints: ReadonlySet<string> = new Set([
  ...Object.keys(bounds),
  ...incomparable,
  'pattern',
  'uniqueItems',
]);

/**
 * Lengths that mark scalars in a normalised document, since Mesh has no format for them; no upstream length survives
 * beside one. Mesh makes a scalar for each length, which gets this name when the schema is shaped.
 */
export const scalarMarks: Readonly<Record<number, string>> = { 4242: 'ID', 4243: 'Decimal' };
export const idMarker = 4242;
export const decimalMarker = 4243;

export const isMarker = (schema: SchemaObject): boolean =>
  schema.type === 'string' && Object.hasOwn(scalarMarks, Number(schema['maxLength']));

const mark = '@deprecated ';

export const deprecatedUpstream = 'NoETL has deprecated it.';

/**
 * What callers read of a field travels through Mesh as its description: Mesh drops the reason of a deprecation, and the
 * whole of it for arguments.
 */
export function withNotes(
  schema: SchemaObject,
  description: string | undefined,
  deprecated: string | undefined,
): SchemaObject {
  const lines = [
    ...(description === undefined ? [] : [description]),
    ...(deprecated === undefined ? [] : [mark + deprecated]),
  ];
  return lines.length === 0 ? schema : { ...schema, description: lines.join('\n') };
}

/** What {@link withNotes} has written. */
export function readNotes(text: string | undefined): {
  readonly description: string | undefined;
  readonly deprecated: string | undefined;
} {
  const lines = (text ?? '').split('\n');
  const last = lines.at(-1) ?? '';
  const deprecated = last.startsWith(mark) ? last.slice(mark.length) : undefined;
  const description = (deprecated === undefined ? lines : lines.slice(0, -1)).join('\n');
  return { description: description === '' ? undefined : description, deprecated };
}
