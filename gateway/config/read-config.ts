import * as v from 'valibot';
import {
  type Environment,
  type FromEnv,
  fallbackOf,
  isEnvRef,
  type ListFromEnv,
  nearestNames,
  variable,
} from './environment.ts';
import { removedFields } from './former-names.ts';
import {
  type Entries,
  type Leaf,
  list,
  type Node,
  resolvedUnit,
  type Section,
  text,
  type Variant,
} from './schema/fields.ts';

/** The value of a field, before it is checked. */
export interface RawValue {
  readonly raw: unknown;
  /** The variable that held it, or that should have. Undefined: the config holds the value itself. */
  readonly variable: string | undefined;
  /** Every variable that was asked for. */
  readonly names: readonly string[];
}

/**
 * Finds the value of a field: the config's, else the field's own default, with references read.
 * Without an environment every reference counts with its fallback.
 */
export function readValue(leaf: Leaf, given: unknown, environment: Environment | undefined): RawValue {
  const source = given === undefined ? defaultOf(leaf) : given;
  if (leaf.reads === 'value') return { raw: source, variable: undefined, names: [] };
  return leaf.reads === 'list' ? readList(source, environment) : readScalar(leaf, source, environment);
}

/** The value of a field that the config does not set: references to the field's variables, or its default. */
export function defaultOf({ env, secret, reads, optional, ...leaf }: Leaf): unknown {
  const [first] = env;
  if (first === undefined) return leaf.default;
  if (reads === 'list') return env.map((name) => ({ env: name, fallback: '', secret }));
  return { env: first, fallback: leaf.default, secret };
}

function readScalar(leaf: Leaf, source: unknown, environment: Environment | undefined): RawValue {
  if (!isEnvRef(source)) return { raw: absentWhenEmpty(leaf, source), variable: undefined, names: [] };
  // Second names of a field count for its first one only: a custom variable has no second names.
  const names = source.env === leaf.env[0] ? leaf.env : [source.env];
  const found = names.find((name) => variable(environment ?? {}, name) !== undefined);
  const text = found === undefined ? undefined : variable(environment ?? {}, found);
  const raw = text === undefined ? source.fallback : parse(leaf.reads, text);
  return { raw: absentWhenEmpty(leaf, raw), variable: found ?? source.env, names };
}

const absentWhenEmpty = (leaf: Leaf, raw: unknown): unknown => (leaf.optional && raw === '' ? undefined : raw);

function parse(reads: Leaf['reads'], text: string): unknown {
  if (reads === 'number') return /^\d{1,15}$/.test(text) ? Number(text) : text;
  if (reads === 'word') return text.toLowerCase();
  if (reads !== 'boolean') return text;
  if (text === 'true' || text === '1') return true;
  return text === 'false' || text === '0' ? false : text;
}

function readList(source: unknown, environment: Environment | undefined): RawValue {
  const parts: readonly unknown[] = Array.isArray(source) ? source : [source];
  const names = parts.filter(isEnvRef).map((ref) => ref.env);
  const texts = parts.map((part) =>
    isEnvRef(part) ? (variable(environment ?? {}, part.env) ?? fallbackOf(part) ?? '') : part,
  );
  const isText = texts.every((text) => typeof text === 'string');
  const items = isText ? texts.flatMap((text) => text.split(',')).map((item) => item.trim()) : texts;
  return { raw: isText ? [...new Set(items.filter((item) => item !== ''))] : source, variable: names[0], names };
}

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
    if (!Object.hasOwn(entries, name))
      note(reader, within(place, name), unknownName(within(place, name), name, entries));
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

function unknownName(place: string, name: string, entries: Entries): string {
  const former = place.replace(/^limits\.byRole\.[^.]+/, 'limits.byRole.*');
  const gone = Object.hasOwn(removedFields, former) ? removedFields[former] : undefined;
  if (gone !== undefined) return `is no setting any more: ${gone}`;
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

/** Reads single values of a declaration, for parts of it whose checks need more than one field. */
export interface ValueReader {
  /** Empty when it is missing; that is noted. */
  text(place: string, value: FromEnv<string>): string;
  list(place: string, value: ListFromEnv): readonly string[];
  problem(place: string, text: string): void;
}

// Leaves without a document: their values are checked by the callers of the reader.
const anyText = text({ doc: '' });
const anyList = list({ default: [], doc: '' });

/** Notes problems and names of variables with those of the config. */
export function createValueReader(reader: Pick<ConfigReader, 'environment' | 'names' | 'problems'>): ValueReader {
  const problem = (place: string, message: string) => void reader.problems.push(`${place}: ${message}`);
  const read = (leaf: typeof anyText | typeof anyList, value: unknown) => {
    const found = readValue(leaf, value, reader.environment);
    for (const name of found.names) reader.names.add(name);
    return found;
  };
  return {
    problem,
    text(place, value) {
      const { raw, variable } = read(anyText, value);
      if (typeof raw === 'string') return raw;
      problem(variable ?? place, raw === undefined ? 'is required' : 'must be a text');
      return '';
    },
    list(place, value) {
      const { raw, variable } = read(anyList, value);
      if (Array.isArray(raw) && raw.every((item) => typeof item === 'string')) return raw;
      problem(variable ?? place, 'must be a list of texts');
      return [];
    },
  };
}
