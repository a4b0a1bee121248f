import * as v from 'valibot';
import type { FromEnv, ListFromEnv } from '../environment.ts';
import type { Leaf } from './node.ts';

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
