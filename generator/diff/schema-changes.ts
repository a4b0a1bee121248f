import { sortKeys } from '../canonical-text.ts';
import { isRecord, lookUp, type OpenApiDocument, type Schema, type SchemaObject } from '../openapi/open-api.ts';
import { bounds, incomparable } from '../openapi/schema-keywords.ts';
import { type ChangeKind, changeOf, type Direction, type SchemaChange } from './change-rules.ts';

/** What two schemas are compared with: their documents for references, and the direction that decides the class. */
export interface Sides {
  readonly before: OpenApiDocument;
  readonly after: OpenApiDocument;
  readonly direction: Direction;
  /** Pairs of references under comparison or compared: a recursive type is looked at once. */
  readonly seen: Set<string>;
}

/**
 * Compares two schemas of documents in which `allOf` has been merged, by what they accept or answer. Names of
 * components do not count.
 * @returns one change for each place that differs; `path` is the way from these schemas
 */
export function schemaChanges(
  before: OpenApiDocument,
  after: OpenApiDocument,
  direction: Direction,
  left: Schema,
  right: Schema,
): readonly SchemaChange[] {
  return compareSchemas({ before, after, direction, seen: new Set() }, left, right, '');
}

/**
 * {@link schemaChanges} for a part. A pair of references is compared once in `sides`, so that types which lead to
 * themselves end.
 */
export function compareSchemas(sides: Sides, left: Schema, right: Schema, path: string): SchemaChange[] {
  const pair = refOf(left) === undefined && refOf(right) === undefined ? undefined : `${refOf(left)} ${refOf(right)}`;
  if (pair !== undefined) {
    if (sides.seen.has(pair)) return [];
    sides.seen.add(pair);
  }
  const { direction } = sides;
  const [was, is] = [plainSchema(sides.before, left), plainSchema(sides.after, right)];
  const [old, now] = [was.schema, is.schema];
  const nulls = compareNull(direction, was.nullable, is.nullable, path);
  const types = compareTypes(sides, old, now, path);
  // Of another type nothing else can be compared.
  if (types.length > 0) return [...types, ...nulls];
  return [
    ...nulls,
    ...compareDefault(direction, old, now, path),
    ...compareValues(direction, old, now, path),
    ...constraintChanges(direction, old, now, path),
    ...compareMarks(direction, old, now, path),
    ...compareAlternatives(sides, old, now, path),
    ...compareItems(sides, old, now, path),
    ...compareMembers(sides, old, now, path),
  ];
}

const refOf = (schema: Schema): string | undefined => (isRecord(schema) ? schema.$ref : undefined);

/** More alternatives are harmless where they are sent, fewer where they are got. */
function compareTypes(sides: Sides, old: SchemaObject, now: SchemaObject, path: string): SchemaChange[] {
  const [was, is] = [alternativesOf(sides.before, old), alternativesOf(sides.after, now)];
  const [left, right] = [[...was].join(' or '), [...is].join(' or ')];
  if (left === right || was.size === 0 || is.size === 0) return [];
  return [changeOf(kindOfTypes(was, is), sides.direction, path, `${left} becomes ${right}`)];
}

function kindOfTypes(was: ReadonlySet<string>, is: ReadonlySet<string>): ChangeKind {
  if (is.has('anything')) return 'type-opened';
  if (was.has('anything')) return 'type-described';
  if (covers(is, was)) return 'type-widened';
  return covers(was, is) ? 'type-narrowed' : 'type-changed';
}

const covers = (wide: ReadonlySet<string>, narrow: ReadonlySet<string>): boolean =>
  [...narrow].every((type) => wide.has(type) || (type === 'integer' && wide.has('number')));

function compareNull(direction: Direction, was: boolean, is: boolean, path: string): SchemaChange[] {
  if (was === is) return [];
  return is
    ? [changeOf('null-accepted', direction, path, 'may be null now')]
    : [changeOf('null-refused', direction, path, 'is never null now')];
}

function compareDefault(direction: Direction, old: SchemaObject, now: SchemaObject, path: string): SchemaChange[] {
  // A default of null adds nothing: leaving a member out has always meant null.
  const [was, is] = [old.default ?? undefined, now.default ?? undefined].map((value) => JSON.stringify(value));
  return was === is ? [] : [changeOf('default-changed', direction, path, words('default', was, is))];
}

function compareValues(direction: Direction, old: SchemaObject, now: SchemaObject, path: string): SchemaChange[] {
  const [was, is] = [literalsOf(old), literalsOf(now)];
  if (was === undefined) {
    return is === undefined ? [] : [changeOf('values-limited', direction, path, `only ${is.join(', ')} now`)];
  }
  if (is === undefined) return [changeOf('values-unlimited', direction, path, 'any value now')];
  return [
    ...was
      .filter((one) => !is.includes(one))
      .map((one) => changeOf('value-gone', direction, path, `value ${one} is gone`)),
    ...is
      .filter((one) => !was.includes(one))
      .map((one) => changeOf('value-new', direction, path, `value ${one} is new`)),
  ];
}

/**
 * The attributes of a member beside its type: deprecated, read only, write only; how its alternatives are distinguished.
 */
function compareMarks(direction: Direction, old: SchemaObject, now: SchemaObject, path: string): SchemaChange[] {
  const [was, is] = [old['deprecated'] === true, now['deprecated'] === true];
  const deprecation =
    was === is
      ? []
      : [
          changeOf(
            is ? 'member-deprecated' : 'member-restored',
            direction,
            path,
            is ? 'is deprecated now' : 'is no longer deprecated',
          ),
        ];
  const access = ['readOnly', 'writeOnly'].flatMap((key) =>
    (old[key] === true) === (now[key] === true)
      ? []
      : [changeOf('access-changed', direction, path, words(key, old[key] === true, now[key] === true))],
  );
  const discriminator = isSame(old['discriminator'], now['discriminator'])
    ? []
    : [
        changeOf(
          'discriminator-changed',
          direction,
          path,
          words('discriminator', old['discriminator'], now['discriminator']),
        ),
      ];
  return [...deprecation, ...access, ...discriminator];
}

/** Branches of unions, by the name of their component or by their content. Beside members a union is a condition. */
function compareAlternatives(sides: Sides, old: SchemaObject, now: SchemaObject, path: string): SchemaChange[] {
  const { direction } = sides;
  if (isObject(old) || isObject(now)) {
    return ['anyOf', 'oneOf'].flatMap((key) =>
      isSame(old[key], now[key])
        ? []
        : [changeOf('constraint-changed', direction, path, `the condition ${key} is another`)],
    );
  }
  const [was, is] = [old.anyOf ?? old.oneOf ?? [], now.anyOf ?? now.oneOf ?? []];
  const gone = was.filter((branch) => !is.some((other) => isSameBranch(branch, other)));
  const added = is.filter((branch) => !was.some((other) => isSameBranch(branch, other)));
  const kept = was.flatMap((branch) => {
    const other = is.find((candidate) => isSameBranch(branch, candidate));
    return other === undefined ? [] : compareSchemas(sides, branch, other, path);
  });
  // Others, and as many as before: the same ones, changed.
  if (gone.length === added.length) {
    return [...kept, ...gone.flatMap((branch, index) => compareSchemas(sides, branch, added[index] ?? {}, path))];
  }
  return [
    ...kept,
    ...gone.map((branch) => changeOf('alternative-gone', direction, path, `the alternative ${named(branch)} is gone`)),
    ...added.map((branch) => changeOf('alternative-new', direction, path, `the alternative ${named(branch)} is new`)),
  ];
}

const isSameBranch = (left: Schema, right: Schema): boolean =>
  refOf(left) === undefined && refOf(right) === undefined ? isSame(left, right) : refOf(left) === refOf(right);

const named = (branch: Schema): string =>
  refOf(branch)?.split('/').at(-1) ??
  (isRecord(branch) && typeof branch.type === 'string' ? branch.type : 'without a name');

function compareItems(sides: Sides, old: SchemaObject, now: SchemaObject, path: string): SchemaChange[] {
  const items =
    old.items === undefined && now.items === undefined
      ? []
      : compareSchemas(sides, old.items ?? {}, now.items ?? {}, join(path, '[]'));
  const [was, is] = [old.additionalProperties, now.additionalProperties];
  const isDescribed = isRecord(was) || isRecord(is);
  return isDescribed && was !== false && is !== false
    ? [...items, ...compareSchemas(sides, was ?? {}, is ?? {}, join(path, '{}'))]
    : items;
}

function compareMembers(sides: Sides, old: SchemaObject, now: SchemaObject, path: string): SchemaChange[] {
  const [was, is] = [old.properties ?? {}, now.properties ?? {}];
  const names = [...new Set([...Object.keys(was), ...Object.keys(is)])];
  return names.flatMap((name) => {
    const at = join(path, name);
    const [left, right] = [own(was, name), own(is, name)];
    const isRequired = now.required?.includes(name) ?? false;
    if (right === undefined) return [changeOf('member-gone', sides.direction, at, 'is gone')];
    if (left === undefined) return [added(sides.direction, isRequired, at)];
    const wasRequired = old.required?.includes(name) ?? false;
    return [
      ...compareRequired(sides.direction, wasRequired, isRequired, at),
      ...compareSchemas(sides, left, right, at),
    ];
  });
}

const own = (members: Readonly<Record<string, Schema>>, name: string): Schema | undefined =>
  Object.hasOwn(members, name) ? members[name] : undefined;

const added = (direction: Direction, isRequired: boolean, path: string): SchemaChange =>
  direction === 'in' && isRequired
    ? changeOf('member-new-required', direction, path, 'is new and required')
    : changeOf('member-new', direction, path, 'is new');

/** What a change of "must be there" means in a direction. */
export function compareRequired(direction: Direction, was: boolean, is: boolean, path: string): SchemaChange[] {
  if (was === is) return [];
  return is
    ? [changeOf('member-required', direction, path, 'is required now')]
    : [changeOf('member-optional', direction, path, 'is optional now')];
}

const join = (path: string, part: string): string =>
  path === '' || part === '[]' || part === '{}' ? `${path}${part}` : `${path}.${part}`;

/** A schema without references, null and unions of one, and whether it admits null. */
interface PlainSchema {
  readonly schema: SchemaObject;
  readonly nullable: boolean;
}

/** References that lead on to others are followed this far; a circle of aliases ends here. */
const maxSteps = 64;

/**
 * References are followed (siblings apply too), `null` is taken out of types, unions and values. OpenAPI 3.0 writes
 * null as `nullable`, 3.1 as a type, a branch or a value: here all of them are one mark.
 */
export function plainSchema(document: OpenApiDocument, given: Schema | undefined): PlainSchema {
  let schema = objectOf(given);
  let nullable = false;
  for (let step = 0; step < maxSteps; step += 1) {
    const taken = withoutNull(followed(document, schema));
    nullable ||= taken.nullable;
    if (taken.schema === schema) break;
    schema = taken.schema;
  }
  return { schema, nullable };
}

/** `true` and nothing accept anything; `false` accepts no value. */
const objectOf = (schema: Schema | undefined): SchemaObject =>
  isRecord(schema) ? schema : schema === false ? { enum: [] } : {};

function followed(document: OpenApiDocument, schema: SchemaObject): SchemaObject {
  if (schema.$ref === undefined) return schema;
  const { $ref, ...siblings } = schema;
  const target = lookUp(document, $ref);
  return isRecord(target) ? { ...(target as SchemaObject), ...siblings } : siblings;
}

function withoutNull(schema: SchemaObject): PlainSchema {
  const { nullable: mark, ...bare } = schema;
  const steps = [nullOfType, nullOfUnion, nullOfValues];
  const taken = steps.reduce<PlainSchema>(
    (before, step) => {
      const after = step(before.schema);
      return { schema: after.schema, nullable: before.nullable || after.nullable };
    },
    { schema: mark === undefined ? schema : bare, nullable: mark === true },
  );
  return taken;
}

function nullOfType(schema: SchemaObject): PlainSchema {
  const { type, ...rest } = schema;
  if (type === 'null') return { schema: { ...rest, enum: [] }, nullable: true };
  if (!Array.isArray(type)) return { schema, nullable: false };
  const kept = type.filter((one: string) => one !== 'null');
  const nullable = kept.length < type.length;
  const [only] = kept;
  if (kept.length === 1 && only !== undefined) return { schema: { ...rest, type: only }, nullable };
  return nullable ? { schema: { ...rest, type: kept }, nullable } : { schema, nullable };
}

function nullOfUnion(schema: SchemaObject): PlainSchema {
  const key = schema.anyOf === undefined ? 'oneOf' : 'anyOf';
  const branches = schema[key];
  // Beside members a union is a condition on them.
  if (branches === undefined || isObject(schema)) return { schema, nullable: false };
  const kept = branches.filter((branch) => !isNull(branch));
  const nullable = kept.length < branches.length;
  const { [key]: _, ...beside } = schema;
  const [only] = kept;
  if (kept.length === 1) return { schema: { ...beside, ...objectOf(only) }, nullable };
  return nullable ? { schema: { ...schema, [key]: kept }, nullable } : { schema, nullable };
}

function nullOfValues(schema: SchemaObject): PlainSchema {
  if (schema.const === null) {
    const { const: _, ...rest } = schema;
    return { schema: { ...rest, enum: [] }, nullable: true };
  }
  return schema.enum?.includes(null)
    ? { schema: { ...schema, enum: schema.enum.filter((value) => value !== null) }, nullable: true }
    : { schema, nullable: false };
}

const isNull = (schema: Schema): boolean =>
  isRecord(schema) &&
  (schema.type === 'null' || schema.const === null || schema.enum?.every((v) => v === null) === true);

/** The kinds of JSON value that a plain schema admits, in words. `anything` takes in every other kind. */
function alternativesOf(document: OpenApiDocument, schema: SchemaObject): ReadonlySet<string> {
  const branches = isObject(schema) ? undefined : (schema.anyOf ?? schema.oneOf);
  if (branches !== undefined) {
    const all = branches.flatMap((branch) => [...alternativesOf(document, plainSchema(document, branch).schema)]);
    return new Set(all.includes('anything') ? ['anything'] : all.sort());
  }
  if (isObject(schema)) return new Set(['object']);
  if (schema.items !== undefined) return new Set(['array']);
  const literal = literalsOf(schema)?.map((value) => typeof JSON.parse(value));
  const types = typeof schema.type === 'string' ? [schema.type] : (schema.type ?? literal ?? ['anything']);
  return new Set([...types].sort());
}

/** An object with members of its own; a union beside them is a condition. */
export const isObject = (schema: SchemaObject): boolean => schema.properties !== undefined;

/** The JSON texts of the values that a schema lists; undefined when it does not list them. */
function literalsOf(schema: SchemaObject): readonly string[] | undefined {
  if (schema.const !== undefined) return [JSON.stringify(schema.const)];
  return schema.enum?.map((value) => JSON.stringify(value));
}

/**
 * Changes of bounds, patterns, formats and other constraints, and of whether members that are not described are
 * accepted.
 * @param path of the schema within its argument or answer, `''` for the whole
 */
function constraintChanges(
  direction: Direction,
  old: SchemaObject,
  now: SchemaObject,
  path: string,
): readonly SchemaChange[] {
  return [
    ...Object.entries(bounds).flatMap(([key, tighter]) => boundChanges(key, tighter, direction, old, now, path)),
    ...patternChanges(direction, old, now, path),
    ...uniqueness(direction, old, now, path),
    ...formatChanges(direction, old, now, path),
    ...opaqueChanges(direction, old, now, path),
    ...otherMembers(direction, old, now, path),
  ];
}

type Compare = (direction: Direction, old: SchemaObject, now: SchemaObject, path: string) => readonly SchemaChange[];

function boundChanges(
  key: string,
  tighter: 'up' | 'down',
  ...[direction, old, now, path]: Parameters<Compare>
): readonly SchemaChange[] {
  const [was, is] = [old[key], now[key]];
  if (was === is) return [];
  if (typeof was === 'boolean' || typeof is === 'boolean') {
    // OpenAPI 3.0: whether the bound itself is excluded.
    return [changeOf(is === true ? 'bound-tightened' : 'bound-loosened', direction, path, words(key, was, is))];
  }
  // A bound that is missing allows everything, so that adding one is tighter than any number.
  const loosest = tighter === 'up' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  const [before, after] = [was, is].map((value) => (typeof value === 'number' ? value : loosest));
  const grows = Number(after) > Number(before);
  const kind = grows === (tighter === 'up') ? 'bound-tightened' : 'bound-loosened';
  return [changeOf(kind, direction, path, words(key, was, is))];
}

const patternChanges: Compare = (direction, old, now, path) => {
  const [was, is] = [old['pattern'], now['pattern']];
  if (was === is) return [];
  // Which of two patterns allows more cannot be decided in general.
  const kind = was === undefined ? 'bound-tightened' : is === undefined ? 'bound-loosened' : 'pattern-changed';
  return [changeOf(kind, direction, path, words('pattern', was, is))];
};

const uniqueness: Compare = (direction, old, now, path) => {
  const [was, is] = [old['uniqueItems'] === true, now['uniqueItems'] === true];
  if (was === is) return [];
  return [changeOf(is ? 'bound-tightened' : 'bound-loosened', direction, path, words('uniqueItems', was, is))];
};

const formatChanges: Compare = (direction, old, now, path) => [
  ...(old.format === now.format
    ? []
    : [changeOf('format-changed', direction, path, words('format', old.format, now.format))]),
  ...['contentMediaType', 'contentEncoding'].flatMap((key) =>
    old[key] === now[key] ? [] : [changeOf('encoding-changed', direction, path, words(key, old[key], now[key]))],
  ),
];

const opaqueChanges: Compare = (direction, old, now, path) =>
  incomparable.flatMap((key) =>
    isSame(old[key], now[key]) ? [] : [changeOf('constraint-changed', direction, path, words(key, old[key], now[key]))],
  );

/**
 * Whether members that are not described are accepted (`additionalProperties: false`). A schema for them is compared as
 * a map's value.
 */
const otherMembers: Compare = (direction, old, now, path) => {
  const [was, is] = [old.additionalProperties, now.additionalProperties];
  if ((was === false) === (is === false)) return [];
  return is === false
    ? [changeOf('others-refused', direction, path, 'refuses other members now')]
    : [changeOf('others-accepted', direction, path, 'accepts other members now')];
};

/** `maxLength 40 becomes 20`; what is long is not written out. */
export function words(name: string, was: unknown, is: unknown): string {
  return `${name} ${short(was)} becomes ${short(is)}`;
}

function short(value: unknown): string {
  if (value === undefined) return 'none';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

/** Equal as JSON, whatever the order of keys; documentation does not count. */
export const isSame = (left: unknown, right: unknown): boolean =>
  JSON.stringify(sortKeys(bare(left))) === JSON.stringify(sortKeys(bare(right)));

const prose = new Set(['description', 'summary', 'title', 'example', 'examples', 'externalDocs']);

function bare(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(bare);
  if (!isRecord(value)) return value;
  const kept = Object.entries(value).filter(
    ([key, member]) => !(prose.has(key) && (typeof member === 'string' || key.startsWith('ex'))),
  );
  return Object.fromEntries(kept.map(([key, member]) => [key, bare(member)]));
}
