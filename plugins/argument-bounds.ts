/**
 * What an argument's value must be within: the keywords of JSON Schema (2020-12, Validation, §6), by their own names, so that a
 * tool's input schema can hold them as they are. Lengths are in characters.
 */
export interface ArgumentBounds {
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  /** Texts and numbers. */
  readonly enum?: readonly (string | number)[];
}

/** Values of an enumeration that a sentence lists. */
const shownValues = 20;

/** Bounds as the end of a sentence: `between 10 and 500`, `at least 1 character long`, `one of a, b`. */
export function boundsText({ minimum, maximum, minLength, maxLength, enum: values }: ArgumentBounds): string {
  const parts = [range(minimum, maximum), length(minLength, maxLength), values && listed(values)];
  return parts.filter((part) => part !== undefined).join(' and ');
}

function range(from: number | undefined, to: number | undefined): string | undefined {
  if (from !== undefined && to !== undefined) return `between ${from} and ${to}`;
  if (from !== undefined) return `at least ${from}`;
  return to === undefined ? undefined : `at most ${to}`;
}

function length(from: number | undefined, to: number | undefined): string | undefined {
  const text = range(from, to);
  return text === undefined ? undefined : `${text} ${(to ?? from) === 1 ? 'character' : 'characters'} long`;
}

function listed(values: NonNullable<ArgumentBounds['enum']>): string {
  const more = values.length - shownValues;
  return `one of ${values.slice(0, shownValues).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/**
 * Whether a value is within its bounds.
 * @param text a scalar as it is sent; a number in digits
 */
export const isWithin = (bounds: ArgumentBounds, text: string): boolean =>
  isInRange(bounds, text) && isOfLength(bounds, text) && bounds.enum?.some((value) => String(value) === text) !== false;

function isInRange({ minimum, maximum }: ArgumentBounds, text: string): boolean {
  if (minimum === undefined && maximum === undefined) return true;
  // Text that is not a number compares with nothing, so it is outside.
  const number = text.trim() === '' ? Number.NaN : Number(text);
  return number >= (minimum ?? number) && number <= (maximum ?? number);
}

/** JSON Schema counts code points, of which text in UTF-16 has at most as many as units and at least half. */
function isOfLength({ minLength = 0, maxLength = Number.POSITIVE_INFINITY }: ArgumentBounds, text: string): boolean {
  if (text.length < minLength) return false;
  if (text.length <= maxLength && text.length >= 2 * minLength) return true;
  const count = [...text].length;
  return count >= minLength && count <= maxLength;
}
