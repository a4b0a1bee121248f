import * as v from 'valibot';
import { isEnvRef } from './env.ts';
import type { Environment } from './environment.ts';
import { nearestNames } from './nearest-names.ts';
import { readValue } from './read-value.ts';
import { type Entries, type Leaf, type Node, resolvedUnit, type Section, type Variant } from './schema/node.ts';

/** The result of reading a declaration against the schema. */
export interface Findings {
  /** One line each: the variable, or the field, and what is wrong with it. */
  readonly problems: string[];
  /** Every variable that was asked for. */
  readonly names: Set<string>;
  /** The variable that holds a field's value, by the field. */
  readonly variables: Map<string, string>;
  /** Fields without a usable value: it is wrong, or only the environment has it. */
  readonly unread: Set<string>;
}

/**
 * One pass of reading. Nothing throws: what is wrong is noted, so that every problem can be reported at once.
 * Without an environment values that only the environment has are left out.
 */
export interface ConfigReader extends Findings {
  readonly environment: Environment | undefined;
}

/** An empty reader. @param environment undefined: files are generated, and references are not read */
export const createConfigReader = (environment: Environment | undefined): ConfigReader => ({
  environment,
  problems: [],
  names: new Set(),
  variables: new Map(),
  unread: new Set(),
});

/**
 * The resolved value of a node. Values are never echoed, since they may be secret, but for items of lists.
 * @param given what the declaration holds there
 * @returns undefined when it is absent, or not usable: then a problem is noted
 */
export function readNode(reader: ConfigReader, node: Node, given: unknown, place: string, isPlain = false): unknown {
  switch (node.node) {
    case 'leaf':
      return readLeaf(reader, node, given, place, isPlain);
    case 'section':
      if (given === undefined && node.isOptional === true) return undefined;
      return readSection(reader, node, given, place, isPlain || node.isPlain);
    case 'variant':
      return readVariant(reader, node, given ?? node.default, place, isPlain);
    case 'either':
      return readNode(reader, isObject(given) && !isEnvRef(given) ? node.object : node.value, given, place, isPlain);
    case 'many':
      return readMany(reader, node.each, given ?? [], place, isPlain);
    case 'named':
      return readNamed(reader, node.each, given ?? {}, place, isPlain);
  }
}

function readMany(reader: ConfigReader, each: Node, given: unknown, place: string, isPlain: boolean): unknown {
  if (!Array.isArray(given)) return unusable(reader, place, 'must be a list');
  return given.map((item: unknown, index) => readNode(reader, each, item, `${place}[${index}]`, isPlain));
}

function readNamed(reader: ConfigReader, each: Node, given: unknown, place: string, isPlain: boolean): unknown {
  if (!isObject(given)) return unusable(reader, place, 'must be an object');
  const present = Object.entries(given).filter(([, item]) => item !== undefined);
  const read = present.map(([name, item]) => [name, readNode(reader, each, item, `${place}.${name}`, isPlain)]);
  return Object.fromEntries(read);
}

function readLeaf(reader: ConfigReader, leaf: Leaf, given: unknown, place: string, isPlain: boolean): unknown {
  if ((isPlain || leaf.reads === 'value') && hasEnvRef(given)) {
    return unusable(reader, place, 'cannot come from the environment: write the value itself');
  }
  const { raw, variable, names } = readValue(leaf, given, reader.environment);
  for (const name of [...names, ...leaf.env]) reader.names.add(name);
  if (variable !== undefined) reader.variables.set(place, variable);
  if (reader.environment === undefined && variable !== undefined && isEmpty(raw)) {
    reader.unread.add(place);
    return undefined;
  }
  return checkValue(reader, leaf, raw, place, variable);
}

function checkValue(reader: ConfigReader, leaf: Leaf, raw: unknown, place: string, variable: string | undefined) {
  const result = v.safeParse(leaf.check, raw);
  if (result.success) return result.output;
  reader.unread.add(place);
  for (const issue of result.issues) {
    const inside = leaf.reads === 'value' ? v.getDotPath(issue) : null;
    // What a strict object does not know is expected never.
    const text = issue.expected === 'never' ? 'unknown name' : issue.message;
    note(reader, inside === null ? (variable ?? place) : `${place}.${inside}`, text);
  }
  return undefined;
}

const isEmpty = (raw: unknown): boolean => raw === undefined || raw === '' || (Array.isArray(raw) && raw.length === 0);

function readSection(
  reader: ConfigReader,
  { entries }: Section,
  given: unknown,
  place: string,
  isPlain: boolean,
): Record<string, unknown> | undefined {
  if (given !== undefined && !isObject(given)) return unusable(reader, place, 'must be an object');
  const resolved: Record<string, unknown> = {};
  for (const [name, node] of Object.entries(entries)) {
    const value = readNode(reader, node, given?.[name], within(place, name), isPlain);
    const unit = resolvedUnit(name);
    if (value !== undefined) resolved[unit.name] = typeof value === 'number' ? value * unit.factor : value;
  }
  for (const name of Object.keys(given ?? {})) {
    if (!Object.hasOwn(entries, name)) note(reader, within(place, name), unknownName(name, entries));
  }
  return resolved;
}

function readVariant(reader: ConfigReader, node: Variant, given: unknown, place: string, isPlain: boolean): unknown {
  if (!isObject(given)) return unusable(reader, place, given === undefined ? 'is required' : 'must be an object');
  const { kind, ...rest } = given;
  const entries = typeof kind === 'string' && Object.hasOwn(node.options, kind) ? node.options[kind] : undefined;
  if (entries === undefined) {
    const kinds = Object.keys(node.options).map((name) => `'${name}'`);
    return unusable(reader, `${place}.kind`, `must be one of ${kinds.join(', ')}`);
  }
  return { kind, ...readSection(reader, { node: 'section', entries, isPlain }, rest, place, isPlain) };
}

/** Whether a field, or a section around it, has no usable value. */
export function isUnread({ unread }: Findings, place: string): boolean {
  const parts = place.split('.');
  return parts.some((_part, index) => unread.has(parts.slice(0, index + 1).join('.')));
}

/** Whether something in a field or around it has no usable value. */
export function hasUnread(findings: Findings, place: string): boolean {
  return (
    isUnread(findings, place) ||
    [...findings.unread].some((each) => /^[.[]/.test(each.slice(place.length)) && each.startsWith(place))
  );
}

/** Notes a problem of a field that was read: under the name of its variable where that holds the value. */
export function noteAt(reader: ConfigReader, place: string, text: string): void {
  note(reader, reader.variables.get(place) ?? place, text);
}

function note(reader: ConfigReader, place: string, text: string): void {
  const line = `${place}: ${text}`;
  if (!reader.problems.includes(line)) reader.problems.push(line);
}

function unusable(reader: ConfigReader, place: string, text: string): undefined {
  reader.unread.add(place);
  note(reader, place, text);
}

function unknownName(name: string, entries: Entries): string {
  const known = Object.keys(entries);
  const near = nearestNames(name, known);
  return near.length === 0
    ? `unknown name; known names: ${known.join(', ')}`
    : `unknown name; did you mean ${near.join(' or ')}?`;
}

const within = (place: string, name: string): string => (place === '' ? name : `${place}.${name}`);

const hasEnvRef = (given: unknown): boolean => (Array.isArray(given) ? given.some(isEnvRef) : isEnvRef(given));

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
