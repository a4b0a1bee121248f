import { isRawNumber, type RawNumber } from '../json/lossless-json.ts';
import { hasTemplateMark } from '../noetl/template-mark.ts';

/** Limits for values of arguments. */
export interface ArgumentLimits {
  /** NoETL evaluates `{{`, `{%` and `{#` as templates, at any place of a text. */
  readonly allowTemplates: boolean;
  /**
   * Longest unbroken run of ASCII letters and digits, `+`, `-` and `.` among them, characters. NoETL's masking looks for
   * the scheme of a URL from each letter on, so its cost is quadratic in such a run. Digits of a number count too.
   */
  readonly unbrokenRun: number;
}

/** Where a value was refused, for example `variables.query[2]`, and why. The caller may see both. */
export interface ArgumentProblem {
  readonly place: string;
  readonly reason: string;
}

/** How many runs of the longest length one field's arguments may hold, by what they cost NoETL. */
const runsAllowed = 16;

interface Limits extends ArgumentLimits {
  /** Squares of the lengths of runs that may still come. */
  readonly costLeft: { value: number };
}

/** Nesting of a value, and characters of a place in a message. Both are chosen by callers. */
const maxNesting = 64;
const maxPlaceLength = 200;

/**
 * Looks through the coerced arguments of a field: keys and values, however deep.
 * @returns the first problem; undefined when there is no problem.
 */
export function findArgumentProblem(
  args: Readonly<Record<string, unknown>>,
  limits: ArgumentLimits,
): ArgumentProblem | undefined {
  // One budget for all arguments of the field: many runs below the limit cost as much as a long one.
  const within: Limits = { ...limits, costLeft: { value: runsAllowed * limits.unbrokenRun ** 2 } };
  for (const [name, value] of Object.entries(args)) {
    const problem = problemOf(value, name, within, 0);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function problemOf(value: unknown, place: string, limits: Limits, depth: number): ArgumentProblem | undefined {
  if (typeof value === 'string') return refused(place, textProblem(value, limits));
  if (typeof value === 'number' || isRawNumber(value)) return refused(place, numberProblem(value, limits));
  if (typeof value !== 'object' || value === null) return undefined;
  if (depth >= maxNesting) return refused(place, 'it is nested too deeply');
  return Array.isArray(value)
    ? problemOfList(value, place, limits, depth + 1)
    : problemOfObject(value, place, limits, depth + 1);
}

function problemOfList(list: readonly unknown[], place: string, limits: Limits, depth: number) {
  for (const [index, item] of list.entries()) {
    const problem = problemOf(item, `${place}[${index}]`, limits, depth);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function problemOfObject(object: object, place: string, limits: Limits, depth: number) {
  for (const [key, value] of Object.entries(object)) {
    const reason = textProblem(key, limits);
    if (reason !== undefined) return refused(place, `${reason}, in the name of a property`);
    const problem = problemOf(value, `${place}.${key}`, limits, depth);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function refused(place: string, reason: string | undefined): ArgumentProblem | undefined {
  if (reason === undefined) return undefined;
  return { place: place.length > maxPlaceLength ? `${place.slice(0, maxPlaceLength)}…` : place, reason };
}

/** A number beyond a double's range would go upstream as nothing. */
function numberProblem(value: number | RawNumber, { unbrokenRun }: ArgumentLimits): string | undefined {
  const isTooLarge = typeof value === 'number' ? !Number.isFinite(value) : value.rawJSON.length > unbrokenRun;
  return isTooLarge ? 'a number is too large' : undefined;
}

/** Names of properties are looked at like values: NoETL's templates see both. */
function textProblem(text: string, limits: Limits): string | undefined {
  if (!limits.allowTemplates && hasTemplateMark(text)) {
    return 'template marks ({{, {%, {#) are not accepted';
  }
  if (text.includes('\0') || !text.isWellFormed())
    return 'NUL characters and halves of surrogate pairs cannot be stored';
  return runProblem(text, limits);
}

/** Looks at every run: each has a maximum length, and all together a maximum cost. */
function runProblem(text: string, { unbrokenRun, costLeft }: Limits): string | undefined {
  let start = 0;
  for (let i = 0; i <= text.length; i += 1) {
    if (i < text.length && isPartOfRun(text.charCodeAt(i))) continue;
    const length = i - start;
    start = i + 1;
    if (length > unbrokenRun) return 'a run of letters and digits without a break is too long';
    costLeft.value -= length ** 2;
    if (costLeft.value < 0) return 'there are too many long runs of letters and digits without a break';
  }
  return undefined;
}

function isPartOfRun(unit: number): boolean {
  if (unit === 0x2b || unit === 0x2d || unit === 0x2e) return true;
  return (unit >= 0x30 && unit <= 0x39) || (unit >= 0x41 && unit <= 0x5a) || (unit >= 0x61 && unit <= 0x7a);
}
