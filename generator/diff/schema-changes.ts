import { isRecord, lookUp, type OpenApiDocument, type Schema, type SchemaObject } from '../openapi/open-api.ts';
import type { Severity } from './diff-report.ts';

/** `in`: what callers send; `out`: what they get. What is safe in one direction breaks in the other. */
export type Direction = 'in' | 'out';

/** A change of a schema. `path` is the way to it, `items.status` say; `''` for the schema itself. */
export interface SchemaChange {
  readonly severity: Severity;
  readonly path: string;
  readonly message: string;
}

interface Sides {
  readonly before: OpenApiDocument;
  readonly after: OpenApiDocument;
  readonly direction: Direction;
  /** Pairs of references under comparison or compared: a recursive type is looked at once. */
  readonly seen: Set<string>;
}

/** Compares two schemas of documents whose structure has been normalised, by what they accept or answer. */
export function schemaChanges(
  before: OpenApiDocument,
  after: OpenApiDocument,
  direction: Direction,
  left: Schema,
  right: Schema,
): readonly SchemaChange[] {
  return compare({ before, after, direction, seen: new Set() }, left, right, '');
}

function compare(sides: Sides, left: Schema, right: Schema, path: string): SchemaChange[] {
  const pair = refOf(left) === undefined && refOf(right) === undefined ? undefined : `${refOf(left)} ${refOf(right)}`;
  if (pair !== undefined) {
    if (sides.seen.has(pair)) return [];
    sides.seen.add(pair);
  }
  const [old, now] = [resolve(sides.before, left), resolve(sides.after, right)];
  const types = compareTypes(sides.direction, old, now, path);
  if (types.length > 0) return types;
  return [
    ...compareNull(sides.direction, old, now, path),
    ...compareDefault(old, now, path),
    ...compareEnum(sides.direction, old, now, path),
    ...compareItems(sides, old, now, path),
    ...compareMembers(sides, old, now, path),
  ];
}

/** More alternatives are harmless where they are sent, fewer where they are got. */
function compareTypes(direction: Direction, old: SchemaObject, now: SchemaObject, path: string): SchemaChange[] {
  const [was, is] = [alternatives(old), alternatives(now)];
  const [words, newWords] = [[...was].join(' or '), [...is].join(' or ')];
  if (words === newWords) return [];
  const message = `${words} becomes ${newWords}`;
  const [narrow, wide] = direction === 'in' ? [was, is] : [is, was];
  if (covers(wide, narrow)) return [{ severity: 'safe', path, message }];
  return [{ severity: direction === 'out' && is.has('anything') ? 'dangerous' : 'breaking', path, message }];
}

function covers(wide: ReadonlySet<string>, narrow: ReadonlySet<string>): boolean {
  return (
    wide.has('anything') || [...narrow].every((type) => wide.has(type) || (type === 'integer' && wide.has('number')))
  );
}

function compareNull(direction: Direction, old: SchemaObject, now: SchemaObject, path: string): SchemaChange[] {
  if ((old.nullable ?? false) === (now.nullable ?? false)) return [];
  if (now.nullable === true) return [widened(direction, path, 'may be null now')];
  return [{ severity: direction === 'in' ? 'dangerous' : 'safe', path, message: 'is never null now' }];
}

function compareDefault(old: SchemaObject, now: SchemaObject, path: string): SchemaChange[] {
  const [was, is] = [JSON.stringify(old.default), JSON.stringify(now.default)];
  return was === is
    ? []
    : [{ severity: 'dangerous', path, message: `default ${was ?? 'none'} becomes ${is ?? 'none'}` }];
}

function compareEnum(direction: Direction, old: SchemaObject, now: SchemaObject, path: string): SchemaChange[] {
  const [was, is] = [literals(old), literals(now)];
  if (was === undefined) return is === undefined ? [] : [narrowed(direction, path, `only ${is.join(', ')} now`)];
  if (is === undefined) return [widened(direction, path, 'any value now')];
  return [
    ...was.filter((value) => !is.includes(value)).map((value) => narrowed(direction, path, `value ${value} is gone`)),
    ...is.filter((value) => !was.includes(value)).map((value) => widened(direction, path, `value ${value} is new`)),
  ];
}

const narrowed = (direction: Direction, path: string, message: string): SchemaChange => ({
  severity: direction === 'in' ? 'breaking' : 'safe',
  path,
  message,
});

const widened = (direction: Direction, path: string, message: string): SchemaChange => ({
  severity: direction === 'in' ? 'safe' : 'dangerous',
  path,
  message,
});

function compareItems(sides: Sides, old: SchemaObject, now: SchemaObject, path: string): SchemaChange[] {
  const items =
    old.items === undefined && now.items === undefined
      ? []
      : compare(sides, old.items ?? {}, now.items ?? {}, join(path, '[]'));
  const values = [old.additionalProperties, now.additionalProperties];
  return values.every(isRecord)
    ? [...items, ...compare(sides, old.additionalProperties ?? {}, now.additionalProperties ?? {}, join(path, '{}'))]
    : items;
}

function compareMembers(sides: Sides, old: SchemaObject, now: SchemaObject, path: string): SchemaChange[] {
  const [was, is] = [old.properties ?? {}, now.properties ?? {}];
  const names = [...new Set([...Object.keys(was), ...Object.keys(is)])];
  return names.flatMap((name) => {
    const at = join(path, name);
    const [left, right] = [was[name], is[name]];
    const isRequired = now.required?.includes(name) ?? false;
    if (right === undefined) return [{ severity: 'breaking', path: at, message: 'is gone' }];
    if (left === undefined) return [added(sides.direction, isRequired, at)];
    const wasRequired = old.required?.includes(name) ?? false;
    return [...compareRequired(sides.direction, wasRequired, isRequired, at), ...compare(sides, left, right, at)];
  });
}

const added = (direction: Direction, isRequired: boolean, path: string): SchemaChange =>
  direction === 'in' && isRequired
    ? { severity: 'breaking', path, message: 'is new and required' }
    : { severity: 'safe', path, message: 'is new' };

/** What a change of "must be there" means in a direction. */
export function compareRequired(direction: Direction, was: boolean, is: boolean, path: string): SchemaChange[] {
  if (was === is) return [];
  if (is) return [{ severity: direction === 'in' ? 'breaking' : 'safe', path, message: 'is required now' }];
  return [{ severity: direction === 'in' ? 'safe' : 'dangerous', path, message: 'is optional now' }];
}

const refOf = (schema: Schema): string | undefined => (isRecord(schema) ? schema.$ref : undefined);

function resolve(document: OpenApiDocument, schema: Schema): SchemaObject {
  const target = isRecord(schema) && schema.$ref !== undefined ? lookUp(document, schema.$ref) : schema;
  const siblings = isRecord(schema) && schema.$ref !== undefined ? schema : {};
  return isRecord(target) ? { ...siblings, ...(target as SchemaObject), ...pickNull(siblings) } : {};
}

const pickNull = ({ nullable }: SchemaObject): SchemaObject => (nullable === undefined ? {} : { nullable });

/** The kinds of JSON value that a schema admits, in words. */
function alternatives(schema: SchemaObject): ReadonlySet<string> {
  const branches = schema.anyOf ?? schema.oneOf;
  if (branches !== undefined) {
    const all = new Set(branches.flatMap((branch) => [...alternatives(isRecord(branch) ? branch : {})]).sort());
    return all.has('anything') ? new Set(['anything']) : all;
  }
  if (schema.$ref !== undefined || schema.properties !== undefined) return new Set(['object']);
  if (schema.items !== undefined) return new Set(['array']);
  const literal = literals(schema)?.map((value) => typeof JSON.parse(value));
  const types = typeof schema.type === 'string' ? [schema.type] : (schema.type ?? literal ?? ['anything']);
  return new Set([...types].sort());
}

/** The JSON texts of the values that a schema admits; undefined when it does not list them. */
function literals(schema: SchemaObject): readonly string[] | undefined {
  if (schema.const !== undefined) return [JSON.stringify(schema.const)];
  return schema.enum?.map((value) => JSON.stringify(value));
}

const join = (path: string, part: string): string =>
  path === '' || part === '[]' || part === '{}' ? `${path}${part}` : `${path}.${part}`;
