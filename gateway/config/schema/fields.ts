import * as v from 'valibot';
import type { EnvRef, FromEnv, ListFromEnv } from '../environment.ts';

/**
 * One value of the config: how it is read, checked and documented. `Given` is what a declaration may hold, `Value` what
 * the resolved config holds. Made by the functions below.
 */
export interface Leaf<Given = unknown, Value = unknown> {
  readonly node: 'leaf';
  /** How a text of the environment is read. A `value` cannot come from the environment. */
  readonly reads: 'number' | 'boolean' | 'text' | 'word' | 'list' | 'value';
  readonly check: v.GenericSchema<unknown, Value>;
  /** One short sentence for the settings table and for editors. */
  readonly doc: string;
  /** Variables that are read when the config is silent. A scalar takes the first that is set, a list takes them all. */
  readonly env: readonly string[];
  /** Manifests take the variables from a Secret. */
  readonly secret: boolean;
  readonly default: unknown;
  /** Absent is valid. */
  readonly optional: boolean;
  /** For the compiler only. */
  readonly '~given'?: Given;
}

/** Names with a node each. */
export type Entries = Readonly<Record<string, Node>>;

/** Fields by name. A default of a field counts where the declaration has no value. */
export interface Section<E = Entries> {
  readonly node: 'section';
  readonly entries: E;
  /** Its values decide what is generated, so nothing in it can come from the environment. */
  readonly isPlain: boolean;
  /** Absent is absent: its defaults count only where the declaration has it. */
  readonly isOptional?: boolean;
}

/** One of several sections, chosen by `kind`. */
export interface Variant<O = Readonly<Record<string, Entries>>> {
  readonly node: 'variant';
  readonly options: O;
  readonly doc: string;
  /** Undefined: it must be given. */
  readonly default: { readonly kind: string } | undefined;
}

/** Any number of names, each with the same node. */
export interface Named<N = Node> {
  readonly node: 'named';
  readonly each: N;
}

/** A list of nodes of one kind. */
export interface Many<N = Node> {
  readonly node: 'many';
  readonly each: N;
}

/** An object is read as the second node, anything else as the value. */
export interface Either<L = Leaf, O = Node> {
  readonly node: 'either';
  readonly value: L;
  readonly object: O;
}

/** A place of the config. A new kind must be known to every walk: reading, defaults, JSON Schema and the page. */
export type Node = Leaf | Section | Variant | Named | Many | Either;

/** Fields that may come from the environment. */
export const section = <const E extends Entries>(entries: E): Section<E> => ({
  node: 'section',
  entries,
  isPlain: false,
});

/** A section that is needed when files are generated: nothing in it comes from the environment. */
export const plainSection = <const E extends Entries>(entries: E): Section<E> => ({
  node: 'section',
  entries,
  isPlain: true,
});

/** A section that may be absent, with what is required in it. */
export const optional = <E>(inner: Section<E>): Section<E> => ({ ...inner, isOptional: true });

/** Sections by their `kind`. Without a default it must be given. */
export const variant = <const O extends Readonly<Record<string, Entries>>>(
  options: O,
  { doc, ...rest }: { doc: string; default?: { readonly kind: keyof O & string } },
): Variant<O> => ({ node: 'variant', options, doc, default: rest.default });

/** Entries by names that the config chooses. */
export const named = <const N extends Node>(each: N): Named<N> => ({ node: 'named', each });

/** A list of entries of one kind. */
export const many = <const N extends Node>(each: N): Many<N> => ({ node: 'many', each });

/** A single value, or an object with more settings. */
export const either = <const L extends Leaf, const O extends Node>(value: L, object: O): Either<L, O> => ({
  node: 'either',
  value,
  object,
});

/** The type of a declaration: absent where there is a default. */
export type Given<N> =
  N extends Leaf<infer G, unknown>
    ? G
    : N extends Section<infer E>
      ? GivenEntries<E>
      : N extends Variant<infer O>
        ? { [K in keyof O]: { readonly kind: K } & GivenEntries<O[K]> }[keyof O]
        : N extends Named<infer Each>
          ? Readonly<Record<string, Exclude<Given<Each>, undefined>>>
          : N extends Many<infer Each>
            ? readonly Exclude<Given<Each>, undefined>[]
            : N extends Either<infer L, infer E>
              ? Given<L> | Given<E>
              : never;

/** Leaves that accept `undefined` may be absent, and so may everything that is not a leaf. */
export type GivenEntries<E> = {
  readonly [K in keyof E as IsDemanded<E[K]> extends true ? K : never]: Given<E[K]>;
} & {
  readonly [K in keyof E as IsDemanded<E[K]> extends true ? never : K]?: Exclude<Given<E[K]>, undefined>;
};

type IsDemanded<N> = N extends Leaf<infer G, unknown> ? (undefined extends G ? false : true) : false;

/** The type of the resolved config. Durations are in milliseconds, under a name that ends in `Ms`. */
export type Resolved<N> =
  N extends Leaf<unknown, infer V>
    ? V
    : N extends Section<infer E>
      ? ResolvedEntries<E>
      : N extends Variant<infer O>
        ? { [K in keyof O]: { readonly kind: K } & ResolvedEntries<O[K]> }[keyof O]
        : N extends Named<infer Each>
          ? Readonly<Record<string, Resolved<Each>>>
          : N extends Many<infer Each>
            ? readonly Resolved<Each>[]
            : N extends Either<infer L, infer E>
              ? Resolved<L> | Resolved<E>
              : never;

/** An optional field that is absent has no key. */
export type ResolvedEntries<E> = {
  readonly [K in keyof E as undefined extends Resolved<E[K]> ? never : ResolvedName<K>]: Resolved<E[K]>;
} & {
  readonly [K in keyof E as undefined extends Resolved<E[K]> ? ResolvedName<K> : never]?: Exclude<
    Resolved<E[K]>,
    undefined
  >;
};

export type ResolvedName<K> = K extends `${infer Name}Secs` | `${infer Name}Hours` ? `${Name}Ms` : K;

/** A declaration with its defaults filled in; references to the environment are unread. */
export type Declared<N> =
  N extends Section<infer E>
    ? { readonly [K in keyof E]: Declared<E[K]> }
    : N extends Leaf<infer G, infer V>
      ? undefined extends V
        ? G
        : Exclude<G, undefined>
      : Exclude<Given<N>, undefined>;

/** The same without references to the environment. */
export type Plain<T> = T extends EnvRef<string> | EnvRef<number> | EnvRef<boolean>
  ? never
  : T extends (...args: never[]) => unknown
    ? T
    : T extends object
      ? { [K in keyof T]: Plain<T[K]> }
      : T;

const units = [
  ['Secs', 1_000],
  ['Hours', 3_600_000],
] as const;

/** The name and the factor of a field in the resolved config: `timeoutSecs` is `timeoutMs`, a thousand times as much. */
export function resolvedUnit(name: string): { readonly name: string; readonly factor: number } {
  const unit = units.find(([suffix]) => name.endsWith(suffix));
  return unit === undefined ? { name, factor: 1 } : { name: `${name.slice(0, -unit[0].length)}Ms`, factor: unit[1] };
}

/** Options that every field has. Without `default` and without `optional` a value is required. */
interface FieldOptions<Default> {
  /** One short sentence for the settings table and for editors. */
  readonly doc: string;
  /** The variables that are read when the config is silent; the first is the one that manifests set. */
  readonly env?: string | readonly string[];
  /** The variable belongs into a Secret. */
  readonly secret?: true;
  readonly default?: Default;
  /** Absent is valid; the resolved config then holds undefined. */
  readonly optional?: true;
}

/** With a default, or when it is optional, a field may be absent; so it may when the environment can hold it. */
type Absent<O> = O extends { default: unknown } | { optional: true } | { env: unknown } ? undefined : never;
type Result<O, Value> = O extends { optional: true } ? Value | undefined : Value;

function leaf<Given, Value>(
  reads: Leaf['reads'],
  check: v.GenericSchema<unknown, unknown>,
  options: FieldOptions<unknown>,
): Leaf<Given, Value> {
  const { doc, env = [], secret, optional } = options;
  return {
    node: 'leaf',
    reads,
    check: (optional === true ? v.optional(check) : check) as Leaf<Given, Value>['check'],
    doc,
    env: typeof env === 'string' ? [env] : env,
    secret: secret === true,
    default: options.default,
    optional: optional === true,
  };
}

/** A message for a value that is wrong; a value that is missing is required. */
const wrong = (text: string) => (issue: { readonly input: unknown }) =>
  issue.input === undefined ? 'is required' : text;

/** A whole number; its unit is in its name (`timeoutMs`, `sizeBytes`, `drainSecs`). */
export function integer<const O extends FieldOptions<number> & { readonly min: number; readonly max: number }>(
  options: O,
): Leaf<FromEnv<number> | Absent<O>, Result<O, number>> {
  return leaf('number', wholeNumber(options.min, options.max), options);
}

/** The check of a whole number, both bounds included. */
export function wholeNumber(min: number, max: number) {
  const text = wrong(`must be a whole number from ${min} to ${max}`);
  return v.pipe(v.number(text), v.integer(text), v.minValue(min, text), v.maxValue(max, text));
}

/** True or false; in the environment also `1` and `0`. */
export function flag<const O extends FieldOptions<boolean>>(
  options: O,
): Leaf<FromEnv<boolean> | Absent<O>, Result<O, boolean>> {
  return leaf('boolean', v.boolean(wrong('must be true or false')), options);
}

/** A text that is not empty. `accepts` narrows it, and `must` is then the message. */
export function text<
  const O extends FieldOptions<string> & { readonly accepts?: (text: string) => boolean; readonly must?: string },
>(options: O): Leaf<FromEnv<string> | Absent<O>, Result<O, string>> {
  const { accepts = () => true, must = 'must be a text' } = options;
  const check = v.pipe(v.string(wrong('must be a text')), v.nonEmpty('must not be empty'), v.check(accepts, must));
  return leaf('text', check, options);
}

/** A text that is parsed into a value: `parse` returns undefined for an invalid text. */
export function parsed<const O extends FieldOptions<string>, Value extends {}>(
  options: O & { readonly parse: (text: string) => Value | undefined; readonly must: string },
): Leaf<FromEnv<string> | Absent<O>, Result<O, Value>> {
  const { parse, must } = options;
  const check = v.pipe(
    v.string(wrong(must)),
    v.rawTransform(({ dataset, addIssue, NEVER }) => {
      const value = parse(dataset.value);
      if (value === undefined) addIssue({ message: must });
      return value ?? NEVER;
    }),
  );
  return leaf('text', check, options);
}

/** One of several words; upper case counts as lower case in the environment. */
export function choice<const W extends string, const O extends FieldOptions<NoInfer<W>>>(
  words: readonly W[],
  options: O,
): Leaf<W | Exclude<FromEnv<string>, string> | Absent<O>, Result<O, W>> {
  const all = words.length === 1 ? words[0] : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
  return leaf('word', v.picklist(words, wrong(`must be ${all}`)), options);
}

/**
 * Texts: an array, or one text with commas. Of equal ones the first stays.
 * `item` parses each; it returns undefined for an invalid one, and `must` is the message.
 * An empty list is refused unless `default` is there.
 */
export function list<const O extends FieldOptions<readonly string[]>>(
  options: O & { readonly item?: (text: string) => string | undefined; readonly must?: string },
): Leaf<ListFromEnv | Absent<O>, Result<O, readonly string[]>> {
  const { item = (text: string) => text, must = 'is not valid' } = options;
  const check = v.pipe(
    v.array(v.string('must be a list of texts'), wrong('must be a list of texts')),
    v.check(
      (items) => options.default !== undefined || items.length > 0,
      'is missing. Set it to one or more values, separated by commas',
    ),
    v.rawTransform(({ dataset, addIssue }) =>
      dataset.value.flatMap((text) => {
        const value = item(text);
        if (value === undefined) addIssue({ message: options.secret === true ? must : `${text} ${must}` });
        return value ?? [];
      }),
    ),
  );
  return leaf('list', check, options);
}

/** A value of code or of a shape of its own, checked by valibot; never from the environment. */
export function value<Type, const O extends FieldOptions<NoInfer<Type>> = FieldOptions<NoInfer<Type>>>(
  check: v.GenericSchema<unknown, Type>,
  options: O,
): Leaf<Type | Absent<O>, Result<O, Type>> {
  return leaf('value', check, options);
}

/** A function. */
export function code<Type extends (...args: never[]) => unknown>(options: FieldOptions<Type> & { optional: true }) {
  const check = v.custom<Type>((input) => typeof input === 'function', wrong('must be a function'));
  return value<Type, typeof options>(check, options);
}
