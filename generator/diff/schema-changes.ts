import { sortKeys } from '../canonical-text.ts';
import { isNull, unwrap, withoutNull } from '../normalise/structure-rules.ts';
import {
  bounds,
  incomparable,
  isRecord,
  lookUp,
  type OpenApiDocument,
  type Schema,
  type SchemaObject,
} from '../openapi/open-api.ts';
import { type ChangeKind, changeOf, type Direction, type SchemaChange } from './diff-report.ts';

/** What two schemas are compared with: their documents for references, and the direction that decides the class. */
export interface Sides {
  readonly before: OpenApiDocument;
  readonly after: OpenApiDocument;
  readonly direction: Direction;
  /** Pairs of references under comparison or compared: a recursive type is looked at once. */
  readonly seen: Set<string>;
}

type Changes = Generator<SchemaChange, void>;

/**
 * Compares two schemas of documents in which `allOf` has been merged, by what they accept or answer. Names of
 * components do not count.
 * @returns one change for each place that differs; `path` is the way from these schemas
 */
export const schemaChanges = (
  before: OpenApiDocument,
  after: OpenApiDocument,
  direction: Direction,
  left: Schema,
  right: Schema,
): readonly SchemaChange[] => [...compareSchemas({ before, after, direction, seen: new Set() }, left, right, '')];

/**
 * {@link schemaChanges} for a part. A pair of references is compared once in `sides`, so that types which lead to
 * themselves end.
 */
export function* compareSchemas(sides: Sides, left: Schema, right: Schema, path: string): Changes {
  if (refOf(left) !== undefined || refOf(right) !== undefined) {
    const pair = `${refOf(left)} ${refOf(right)}`;
    if (sides.seen.has(pair)) return;
    sides.seen.add(pair);
  }
  const { direction } = sides;
  const [was, is] = [plainSchema(sides.before, left), plainSchema(sides.after, right)];
  const [old, now] = [was.schema, is.schema];
  const type = typeChange(sides, old, now);
  if (type !== undefined) yield changeOf(type.kind, direction, path, type.message);
  if (was.nullable !== is.nullable) {
    yield is.nullable
      ? changeOf('null-accepted', direction, path, 'may be null now')
      : changeOf('null-refused', direction, path, 'is never null now');
  }
  // Of another type nothing else can be compared.
  if (type !== undefined) return;
  yield* compareValues(direction, old, now, path);
  yield* compareBounds(direction, old, now, path);
  yield* compareKeywords(direction, old, now, path);
  yield* compareAlternatives(sides, old, now, path);
  yield* compareItems(sides, old, now, path);
  yield* compareMembers(sides, old, now, path);
}

const refOf = (schema: Schema): string | undefined => (isRecord(schema) ? schema.$ref : undefined);

/** More alternatives are harmless where they are sent, fewer where they are got. */
function typeChange(
  { before, after }: Sides,
  old: SchemaObject,
  now: SchemaObject,
): { readonly kind: ChangeKind; readonly message: string } | undefined {
  const [was, is] = [alternativesOf(before, old), alternativesOf(after, now)];
  const [left, right] = [[...was].join(' or '), [...is].join(' or ')];
  if (left === right || was.size === 0 || is.size === 0) return undefined;
  return { kind: kindOfTypes(was, is), message: `${left} becomes ${right}` };
}

function kindOfTypes(was: ReadonlySet<string>, is: ReadonlySet<string>): ChangeKind {
  if (is.has('anything')) return 'type-opened';
  if (was.has('anything')) return 'type-described';
  if (covers(is, was)) return 'type-widened';
  return covers(was, is) ? 'type-narrowed' : 'type-changed';
}

const covers = (wide: ReadonlySet<string>, narrow: ReadonlySet<string>): boolean =>
  [...narrow].every((type) => wide.has(type) || (type === 'integer' && wide.has('number')));

function* compareValues(direction: Direction, old: SchemaObject, now: SchemaObject, path: string): Changes {
  const [was, is] = [literalsOf(old), literalsOf(now)];
  if (was === undefined) {
    if (is !== undefined) yield changeOf('values-limited', direction, path, `only ${is.join(', ')} now`);
  } else if (is === undefined) yield changeOf('values-unlimited', direction, path, 'any value now');
  else {
    const [gone, added] = [new Set(was).difference(new Set(is)), new Set(is).difference(new Set(was))];
    for (const one of gone) yield changeOf('value-gone', direction, path, `value ${one} is gone`);
    for (const one of added) yield changeOf('value-new', direction, path, `value ${one} is new`);
  }
}

function* compareBounds(direction: Direction, old: SchemaObject, now: SchemaObject, path: string): Changes {
  for (const [key, tighter] of Object.entries(bounds)) {
    const [was, is] = [old[key], now[key]];
    if (was === is) continue;
    const kind = isTighter(was, is, tighter) ? 'bound-tightened' : 'bound-loosened';
    yield changeOf(kind, direction, path, words(key, was, is));
  }
  const [was, is] = [isTrue(old['uniqueItems']), isTrue(now['uniqueItems'])];
  if (was !== is) {
    yield changeOf(is ? 'bound-tightened' : 'bound-loosened', direction, path, words('uniqueItems', was, is));
  }
  if (old['pattern'] !== now['pattern']) {
    yield changeOf(kindOfPatterns(old, now), direction, path, words('pattern', old['pattern'], now['pattern']));
  }
}

/** Which of two patterns allows more cannot be decided in general. */
function kindOfPatterns(old: SchemaObject, now: SchemaObject): ChangeKind {
  if (old['pattern'] === undefined) return 'bound-tightened';
  return now['pattern'] === undefined ? 'bound-loosened' : 'pattern-changed';
}

function isTighter(was: unknown, is: unknown, tighter: 'up' | 'down'): boolean {
  // OpenAPI 3.0: whether the bound itself is excluded.
  if (typeof was === 'boolean' || typeof is === 'boolean') return is === true;
  // A bound that is missing allows everything, so that adding one is tighter than any number.
  const loosest = tighter === 'up' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  const [before, after] = [was, is].map((value) => (typeof value === 'number' ? value : loosest));
  return Number(after) > Number(before) === (tighter === 'up');
}

const isTrue = (value: unknown): boolean => value === true;

/** Keywords of which only a difference is reported, and what of their value counts. */
const keywords: readonly (readonly [name: string, kind: ChangeKind, read?: (value: unknown) => unknown])[] = [
  // A default of null adds nothing: leaving a member out has always meant null.
  ['default', 'default-changed', (value) => JSON.stringify(value ?? undefined)],
  ['format', 'format-changed'],
  ['contentMediaType', 'encoding-changed'],
  ['contentEncoding', 'encoding-changed'],
  ...incomparable.map((name) => [name, 'constraint-changed'] as const),
  ['readOnly', 'access-changed', isTrue],
  ['writeOnly', 'access-changed', isTrue],
  ['discriminator', 'discriminator-changed'],
];

function* compareKeywords(direction: Direction, old: SchemaObject, now: SchemaObject, path: string): Changes {
  for (const [name, kind, read = (value: unknown) => value] of keywords) {
    const [was, is] = [read(old[name]), read(now[name])];
    if (!isSame(was, is)) yield changeOf(kind, direction, path, words(name, was, is));
  }
  if (isTrue(old['deprecated']) !== isTrue(now['deprecated'])) {
    yield isTrue(now['deprecated'])
      ? changeOf('member-deprecated', direction, path, 'is deprecated now')
      : changeOf('member-restored', direction, path, 'is no longer deprecated');
  }
  // Members that are not described. A schema for them is compared as a map's value.
  if ((old.additionalProperties === false) !== (now.additionalProperties === false)) {
    yield now.additionalProperties === false
      ? changeOf('others-refused', direction, path, 'refuses other members now')
      : changeOf('others-accepted', direction, path, 'accepts other members now');
  }
}

/** Branches of unions, by the name of their component or by their content. Beside members a union is a condition. */
function* compareAlternatives(sides: Sides, old: SchemaObject, now: SchemaObject, path: string): Changes {
  const { direction } = sides;
  if (isObject(old) || isObject(now)) {
    const changed = ['anyOf', 'oneOf'].filter((key) => !isSame(old[key], now[key]));
    for (const key of changed) yield changeOf('constraint-changed', direction, path, `the condition ${key} is another`);
    return;
  }
  const { pairs, gone, added } = pairedBranches(old.anyOf ?? old.oneOf ?? [], now.anyOf ?? now.oneOf ?? []);
  for (const [left, right] of pairs) yield* compareSchemas(sides, left, right, path);
  for (const branch of gone) {
    yield changeOf('alternative-gone', direction, path, `the alternative ${named(branch)} is gone`);
  }
  for (const branch of added) {
    yield changeOf('alternative-new', direction, path, `the alternative ${named(branch)} is new`);
  }
}

function pairedBranches(was: readonly Schema[], is: readonly Schema[]) {
  const same = was.flatMap((branch) => {
    const other = is.find((candidate) => isSameBranch(branch, candidate));
    return other === undefined ? [] : [[branch, other] as const];
  });
  const gone = was.filter((branch) => !is.some((other) => isSameBranch(branch, other)));
  const added = is.filter((branch) => !was.some((other) => isSameBranch(branch, other)));
  if (gone.length !== added.length) return { pairs: same, gone, added };
  // Others, and as many as before: the same ones, changed.
  const changed = gone.map((branch, index) => [branch, added[index] ?? {}] as const);
  return { pairs: [...same, ...changed], gone: [], added: [] };
}

const isSameBranch = (left: Schema, right: Schema): boolean =>
  refOf(left) === undefined && refOf(right) === undefined ? isSame(left, right) : refOf(left) === refOf(right);

const named = (branch: Schema): string =>
  refOf(branch)?.split('/').at(-1) ??
  (isRecord(branch) && typeof branch.type === 'string' ? branch.type : 'without a name');

function* compareItems(sides: Sides, old: SchemaObject, now: SchemaObject, path: string): Changes {
  if (old.items !== undefined || now.items !== undefined) {
    yield* compareSchemas(sides, old.items ?? {}, now.items ?? {}, `${path}[]`);
  }
  const [was, is] = [old.additionalProperties, now.additionalProperties];
  if ((isRecord(was) || isRecord(is)) && was !== false && is !== false) {
    yield* compareSchemas(sides, was ?? {}, is ?? {}, `${path}{}`);
  }
}

function* compareMembers(sides: Sides, old: SchemaObject, now: SchemaObject, path: string): Changes {
  const { direction } = sides;
  for (const { name, left, right, wasRequired, isRequired } of membersOf(old, now)) {
    const at = path === '' ? name : `${path}.${name}`;
    if (right === undefined) yield changeOf('member-gone', direction, at, 'is gone');
    else if (left !== undefined) {
      yield* compareRequired(direction, wasRequired, isRequired, at);
      yield* compareSchemas(sides, left, right, at);
    } else if (direction === 'in' && isRequired) {
      yield changeOf('member-new-required', direction, at, 'is new and required');
    } else yield changeOf('member-new', direction, at, 'is new');
  }
}

/** The members of two objects, those of the first one first; undefined: the side does not have it. */
export function membersOf(old: SchemaObject, now: SchemaObject) {
  const [was, is] = [old.properties ?? {}, now.properties ?? {}];
  return [...new Set([...Object.keys(was), ...Object.keys(is)])].map((name) => ({
    name,
    left: Object.hasOwn(was, name) ? was[name] : undefined,
    right: Object.hasOwn(is, name) ? is[name] : undefined,
    wasRequired: old.required?.includes(name) === true,
    isRequired: now.required?.includes(name) === true,
  }));
}

/** What a change of "must be there" means in a direction. */
export function* compareRequired(direction: Direction, was: boolean, is: boolean, path: string): Changes {
  if (was === is) return;
  yield is
    ? changeOf('member-required', direction, path, 'is required now')
    : changeOf('member-optional', direction, path, 'is optional now');
}

/** `maxLength 40 becomes 20`; what is long is not written out. */
export const words = (name: string, was: unknown, is: unknown): string => `${name} ${short(was)} becomes ${short(is)}`;

function short(value: unknown): string {
  if (value === undefined) return 'none';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

/** Equal as JSON, whatever the order of keys; documentation does not count. */
export const isSame = (left: unknown, right: unknown): boolean =>
  left === right || JSON.stringify(sortKeys(bare(left))) === JSON.stringify(sortKeys(bare(right)));

const prose = new Set(['description', 'summary', 'title', 'example', 'examples', 'externalDocs']);

function bare(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(bare);
  if (!isRecord(value)) return value;
  const remaining = Object.entries(value).filter(
    ([key, member]) => !(prose.has(key) && (typeof member === 'string' || key.startsWith('ex'))),
  );
  return Object.fromEntries(remaining.map(([key, member]) => [key, bare(member)]));
}

/** References that lead on to others are followed this far; a circle of aliases ends here. */
const maxSteps = 64;

/**
 * A schema without references (siblings apply too), null and unions of one, and whether it admits null, which OpenAPI
 * 3.0 writes as `nullable`, 3.1 as a type, a branch or a value.
 */
export function plainSchema(document: OpenApiDocument, given: Schema | undefined) {
  // `true` and nothing accept anything; `false` accepts no value.
  let schema: SchemaObject = isRecord(given) ? given : given === false ? noValue : {};
  let nullable = false;
  for (let step = 0; step < maxSteps; step += 1) {
    const target = followed(document, schema);
    if (isNull(target)) return { schema: noValue, nullable: true };
    // Beside members a union is a condition on them.
    const { nullable: mark, ...rest } = withoutNull(isObject(target) ? target : unwrap(target));
    nullable ||= mark === true;
    schema = rest;
    if (schema.$ref === undefined) break;
  }
  return { schema, nullable };
}

const noValue: SchemaObject = { enum: [] };

function followed(document: OpenApiDocument, schema: SchemaObject): SchemaObject {
  if (schema.$ref === undefined) return schema;
  const { $ref, ...siblings } = schema;
  const target = lookUp(document, $ref);
  return isRecord(target) ? { ...(target as SchemaObject), ...siblings } : siblings;
}

/** The kinds of JSON value that a plain schema admits, in words. `anything` takes in every other kind. */
function alternativesOf(document: OpenApiDocument, schema: SchemaObject): ReadonlySet<string> {
  if (isObject(schema)) return new Set(['object']);
  const branches = schema.anyOf ?? schema.oneOf;
  if (branches !== undefined) {
    const all = branches.flatMap((branch) => [...alternativesOf(document, plainSchema(document, branch).schema)]);
    return new Set(all.includes('anything') ? ['anything'] : all.sort());
  }
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
