import { sortKeys } from '../document/canonical.ts';
import { bounds, incomparable } from '../openapi/constraints.ts';
import { isRecord, type SchemaObject } from '../openapi/open-api.ts';
import { changeOf, type Direction, type SchemaChange } from './change-rules.ts';

/**
 * Changes of bounds, patterns, formats and other constraints, and of whether members that are not described are
 * accepted.
 * @param path of the schema within its argument or answer, `''` for the whole
 */
export function constraintChanges(
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
