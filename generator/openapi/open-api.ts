/**
 * The parts of an OpenAPI 3.0 or 3.1 document that the generator looks at; everything else passes through untouched.
 * Not `openapi-types`, which separates the two versions: a normalised document is a mix of both.
 */
export interface OpenApiDocument {
  readonly openapi: string;
  readonly info?: { readonly title?: string; readonly version?: string };
  readonly paths: Readonly<Record<string, PathItem>>;
  readonly components?: Components;
  readonly [key: string]: unknown;
}

/** Shared parts by section; only schemas are looked into. */
interface Components {
  readonly schemas?: Readonly<Record<string, Schema>>;
  readonly [section: string]: Readonly<Record<string, unknown>> | undefined;
}

/** A path item: operations by lower-case method, and what they share. */
export type PathItem = Readonly<Record<string, unknown>>;

export interface OperationObject {
  readonly operationId?: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: Body;
  readonly responses?: Readonly<Record<string, Body>>;
  readonly [key: string]: unknown;
}

/** A parameter (OpenAPI 3.1, §4.8.12), with `schema` or with `content`. */
export interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly schema?: Schema;
  readonly content?: Readonly<Record<string, Media>>;
  readonly [key: string]: unknown;
}

/** A request body or an answer. */
export interface Body {
  readonly required?: boolean;
  readonly content?: Readonly<Record<string, Media>>;
  readonly [key: string]: unknown;
}

/** What a body is in one media type (OpenAPI 3.1, §4.8.14). */
export interface Media {
  readonly schema?: Schema;
  readonly [key: string]: unknown;
}

/** A JSON Schema; `true` and `{}` are "anything". */
export type Schema = SchemaObject | boolean;

export interface SchemaObject {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly format?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly additionalProperties?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly nullable?: boolean;
  readonly [key: string]: unknown;
}

/** Methods that a row can open, as the keys of a path item write them. */
const httpMethods = ['get', 'post', 'put', 'patch', 'delete'] as const;

/** One operation of a document. `key` is `METHOD /path`, as the document writes the path. */
export interface DocumentOperation {
  readonly key: string;
  readonly method: string;
  readonly path: string;
  readonly item: PathItem;
  readonly operation: OperationObject;
}

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The members that are wanted; the same object when all of them are. Nothing of what is no object. */
export function pickMembers<T>(value: T, isWanted: (name: string) => boolean): Partial<T> {
  if (!isRecord(value)) return {};
  const remaining = Object.entries(value).filter(([name]) => isWanted(name));
  return remaining.length === Object.keys(value).length ? value : (Object.fromEntries(remaining) as Partial<T>);
}

/** Every operation, in the document's order. HEAD, OPTIONS and TRACE are not operations of an API. */
export function listOperations(document: OpenApiDocument): DocumentOperation[] {
  const found: DocumentOperation[] = [];
  for (const [path, item] of Object.entries(document.paths)) {
    if (!isRecord(item)) continue;
    for (const name of httpMethods) {
      const operation = item[name];
      if (!isRecord(operation)) continue;
      const method = name.toUpperCase();
      found.push({ key: `${method} ${path}`, method, path, item, operation });
    }
  }
  return found;
}

/**
 * Rewrites every operation; an operation for which `change` answers undefined is left out, and so is a path without
 * any.
 */
export function mapOperations(
  document: OpenApiDocument,
  change: (operation: DocumentOperation) => OperationObject | undefined,
): OpenApiDocument {
  const paths: Record<string, PathItem> = {};
  for (const [path, entries] of Map.groupBy(listOperations(document), (entry) => entry.path)) {
    const changed = entries.map((entry) => [entry, change(entry)] as const);
    const remaining = changed.flatMap(([{ method }, operation]) =>
      operation === undefined ? [] : [[method.toLowerCase(), operation] as const],
    );
    // The same object for a path of which nothing has changed, so that rules can compare by identity.
    const [{ item } = { item: {} }] = entries;
    const isSame = changed.every(([{ operation }, next]) => next === operation);
    if (isSame) paths[path] = item;
    else if (remaining.length > 0)
      paths[path] = {
        ...pickMembers(item, (name) => !(httpMethods as readonly string[]).includes(name)),
        ...Object.fromEntries(remaining),
      };
  }
  return { ...document, paths };
}

const componentRef = '#/components/schemas/';

/** @returns the component's name when the reference points to a component schema. */
export function componentName(ref: string): string | undefined {
  if (!ref.startsWith(componentRef)) return undefined;
  return unescapePointer(ref.slice(componentRef.length));
}

/** A key as a part of a JSON pointer (RFC 6901). */
export const escapePointer = (key: string): string => key.replaceAll('~', '~0').replaceAll('/', '~1');

export const componentReference = (name: string): string => componentRef + escapePointer(name);

/** What a local reference (`#/…`) points to; undefined when there is nothing. */
export function lookUp(document: OpenApiDocument, ref: string): unknown {
  if (!ref.startsWith('#/')) return undefined;
  let found: unknown = document;
  for (const part of ref.slice(2).split('/')) {
    if (typeof found !== 'object' || found === null) return undefined;
    // Members that every object inherits are not part of the document.
    found = Object.hasOwn(found, unescapePointer(part)) ? Reflect.get(found, unescapePointer(part)) : undefined;
  }
  return found;
}

/**
 * A part of a JSON pointer as a key (RFC 6901, section 4), in a URI fragment (section 6). A `%` that begins no escape
 * stays as it is: documents write it.
 */
export function unescapePointer(part: string): string {
  const decoded = part.includes('%') ? decodeLeniently(part) : part;
  return decoded.replaceAll('~1', '/').replaceAll('~0', '~');
}

function decodeLeniently(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * The path of the first of a document's `servers`, without a slash at its end; the operator sets the host
 * (`upstream.baseUrl`).
 * @returns `''` without servers, or when the first has no path
 */
export function basePathOf(servers: unknown): string {
  const [first] = Array.isArray(servers) ? servers : [];
  const url = isRecord(first) && typeof first['url'] === 'string' ? first['url'] : '';
  // With a scheme, or relative to it (`//host/path`).
  const path = url.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/]*/i, '').replace(/^\/\/[^/]*/, '');
  return path.replace(/\/+$/, '');
}

/** The argument for a whole body, where it has no members to name. */
export const wholeBody = 'input';

/** The schema itself, or what it refers to in one step; undefined when that is no object. */
export function schemaAt(document: OpenApiDocument, schema: Schema | undefined): SchemaObject | undefined {
  const target = isRecord(schema) && schema.$ref !== undefined ? lookUp(document, schema.$ref) : schema;
  return isRecord(target) ? target : undefined;
}

/** The object with members that a schema is or refers to (`inline-aliases` has followed chains). */
export function objectOf(document: OpenApiDocument, schema: Schema | undefined): SchemaObject | undefined {
  const target = schemaAt(document, schema);
  return isRecord(target?.properties) && Object.keys(target.properties).length > 0 ? target : undefined;
}

/** The object that an answer is, or that its rows are. */
export function rowOf(document: OpenApiDocument, answer: Schema): SchemaObject | undefined {
  const isList = isRecord(answer) && answer.$ref === undefined && answer.items !== undefined;
  return objectOf(document, isList ? answer.items : answer);
}

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
