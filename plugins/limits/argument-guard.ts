import { isRawNumber, type RawNumber } from '../../core/json/lossless-json.ts';
import { hasTemplateMark } from '../../core/noetl/template-mark.ts';

/** What values of arguments may hold. */
export interface ArgumentLimits {
  /** NoETL evaluates `{{`, `{%` and `{#` as templates, wherever they stand. */
  readonly allowTemplates: boolean;
  /**
   * Longest unbroken run of ASCII letters and digits, `+`, `-` and `.` among them, characters. NoETL's masking looks for
   * the scheme of a URL from each letter on, so its cost is quadratic in such a run. Digits of a number count too.
   */
  readonly unbrokenRun: number;
}

/** Where a value was refused, `variables.query[2]` say, and why. Both are fit for the caller's eyes. */
export interface ArgumentProblem {
  readonly place: string;
  readonly reason: string;
}

const maxNesting = 64;
const maxPlaceLength = 200;

/**
 * Looks through the coerced arguments of a field: keys and values, however deep.
 * @returns the first problem; undefined when there is none.
 */
export function findArgumentProblem(
  args: Readonly<Record<string, unknown>>,
  limits: ArgumentLimits,
): ArgumentProblem | undefined {
  for (const [name, value] of Object.entries(args)) {
    const problem = problemOf(value, name, limits, 0);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function problemOf(value: unknown, place: string, limits: ArgumentLimits, depth: number): ArgumentProblem | undefined {
  if (typeof value === 'string') return refused(place, textProblem(value, limits));
  if (typeof value === 'number' || isRawNumber(value)) return refused(place, numberProblem(value, limits));
  if (typeof value !== 'object' || value === null) return undefined;
  if (depth >= maxNesting) return refused(place, 'it is nested too deeply');
  return Array.isArray(value)
    ? problemOfList(value, place, limits, depth + 1)
    : problemOfObject(value, place, limits, depth + 1);
}

function problemOfList(list: readonly unknown[], place: string, limits: ArgumentLimits, depth: number) {
  for (const [index, item] of list.entries()) {
    const problem = problemOf(item, `${place}[${index}]`, limits, depth);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function problemOfObject(object: object, place: string, limits: ArgumentLimits, depth: number) {
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

function textProblem(text: string, limits: ArgumentLimits): string | undefined {
  if (!limits.allowTemplates && hasTemplateMark(text)) {
    return 'template marks ({{, {%, {#) are not accepted';
  }
  return text.length > limits.unbrokenRun && longestRun(text) > limits.unbrokenRun
    ? 'a run of letters and digits without a break is too long'
    : undefined;
}

function longestRun(text: string): number {
  let longest = 0;
  let start = 0;
  for (let i = 0; i < text.length; i += 1) {
    if (!isPartOfRun(text.charCodeAt(i))) start = i + 1;
    else if (i + 1 - start > longest) longest = i + 1 - start;
  }
  return longest;
}

function isPartOfRun(unit: number): boolean {
  if (unit === 0x2b || unit === 0x2d || unit === 0x2e) return true;
  return (unit >= 0x30 && unit <= 0x39) || (unit >= 0x41 && unit <= 0x5a) || (unit >= 0x61 && unit <= 0x7a);
}
