import type { FromEnv, ListFromEnv } from './env.ts';
import type { ConfigReader } from './read-config.ts';
import { readValue } from './read-value.ts';
import { list, text } from './schema/field.ts';

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
