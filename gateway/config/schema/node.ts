import type * as v from 'valibot';
import type { EnvRef } from '../environment.ts';

/**
 * One value of the config: how it is read, checked and documented. `Given` is what a declaration may hold, `Value` what
 * the resolved config holds. Made by the functions of `field.ts`.
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
