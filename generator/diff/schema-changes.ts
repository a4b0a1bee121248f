import { isRecord, type OpenApiDocument, type Schema, type SchemaObject } from '../openapi/open-api.ts';
import { type ChangeKind, changeOf, type Direction, type SchemaChange } from './change-rules.ts';
import { constraintChanges, isSame, words } from './constraint-changes.ts';
import { alternativesOf, isObject, literalsOf, plainSchema } from './plain-schema.ts';

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
