import type { FromEnv } from './env.ts';
import { isEnvRef } from './env.ts';
import type { ListFromEnv } from './gateway-config.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface NumberBounds {
  readonly min: number;
  readonly max: number;
}

/**
 * Reads values that may come from the environment. Nothing throws: every problem is noted under the variable's name or
 * the field's, so that all can be told at once. Text is never echoed where it may be a secret.
 */
export interface EnvironmentReader {
  readonly problems: string[];
  readonly names: Set<string>;
  text(field: string, value: FromEnv<string>): string;
  integer(field: string, value: FromEnv<number>, bounds: NumberBounds): number;
  flag(field: string, value: FromEnv<boolean>): boolean;
  list(field: string, value: ListFromEnv): string[];
  problem(place: string, text: string): void;
  /** A problem of a value that was read: under its variable's name, or the field's when the config holds the value. */
  wrong(field: string, value: FromEnv<string> | ListFromEnv, text: string): void;
}

/** What Kubernetes sets for a Service that happens to be named like one of our variables. */
const injectedByKubernetes = /^(?:tcp|udp|sctp):\/\//;

export function createEnvironmentReader(environment: Environment): EnvironmentReader {
  const problems: string[] = [];
  const names = new Set<string>();
  const problem = (place: string, text: string) => {
    problems.push(`${place}: ${text}`);
  };
  const given = (name: string): string | undefined => {
    names.add(name);
    const text = environment[name]?.trim();
    return text === undefined || text === '' || (name.endsWith('_PORT') && injectedByKubernetes.test(text))
      ? undefined
      : text;
  };
  /** The text to parse, or the ready value. */
  const source = <T extends string | number | boolean>(field: string, value: FromEnv<T>) => {
    if (!isEnvRef(value)) return { place: field, text: undefined, ready: value as T };
    const text = given(value.env);
    return { place: value.env, text, ready: text === undefined ? (value.fallback as T | undefined) : undefined };
  };

  const text = (field: string, value: FromEnv<string>): string => {
    const { place, text: found, ready } = source(field, value);
    if (found !== undefined) return found;
    if (typeof ready === 'string') return ready;
    problem(place, 'is required');
    return '';
  };

  return {
    problems,
    names,
    problem,
    wrong: (field, value, said) => problem(placeOf(field, value), said),
    text,
    integer(field, value, { min, max }) {
      const { place, text: found, ready } = source(field, value);
      const number = found === undefined ? ready : /^\d{1,15}$/.test(found) ? Number(found) : Number.NaN;
      if (typeof number === 'number' && Number.isInteger(number) && number >= min && number <= max) return number;
      problem(place, number === undefined ? 'is required' : `must be a whole number from ${min} to ${max}`);
      return min;
    },
    flag(field, value) {
      const { place, text: found, ready } = source(field, value);
      if (found === undefined && typeof ready === 'boolean') return ready;
      if (found === 'true' || found === '1') return true;
      if (found === 'false' || found === '0') return false;
      problem(place, 'must be true or false');
      return false;
    },
    list(field, value) {
      const parts = typeof value === 'string' || isEnvRef(value) ? [value] : [...(value as readonly FromEnv<string>[])];
      const items = parts.flatMap((part) => text(field, part).split(','));
      return [...new Set(items.map((item) => item.trim()).filter((item) => item !== ''))];
    },
  };
}

const placeOf = (field: string, value: FromEnv<string> | ListFromEnv): string => variableOf(value) ?? field;

/** The first environment variable that a value comes from. */
export function variableOf(value: FromEnv<string> | ListFromEnv): string | undefined {
  const parts: readonly unknown[] = Array.isArray(value) ? value : [value];
  return parts.find(isEnvRef)?.env;
}
