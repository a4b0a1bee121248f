import { fallbackOf, isEnvRef } from './env.ts';
import { type Environment, variable } from './environment.ts';
import type { Leaf } from './schema/node.ts';

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
