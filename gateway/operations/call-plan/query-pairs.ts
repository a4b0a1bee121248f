import { idText, isRawNumber } from '../../../plugins/json/lossless-json.ts';
import { isJsonObject } from '../../../plugins/noetl/json-object.ts';
import type { WireStyle } from '../../../plugins/operation.ts';

type Pairs = readonly (readonly [name: string, value: string])[];

const separators: Partial<Record<WireStyle, string>> = { comma: ',', space: ' ', pipe: '|' };

/**
 * A query parameter as pairs of name and text.
 * @returns undefined for a value that has no such form: an object or a list where a scalar must be, text that is not Unicode,
 *   a member whose name would end its own brackets
 */
export function queryPairs(wire: string, value: unknown, style: WireStyle | undefined): Pairs | undefined {
  switch (style) {
    case undefined:
      return all((Array.isArray(value) ? value : [value]).map((item) => pair(wire, item)));
    case 'json':
      return all([pair(wire, JSON.stringify(value))]);
    case 'deep':
    case 'members':
    case 'pairs':
      return isJsonObject(value) ? objectPairs(wire, value, style) : undefined;
    default: {
      const texts = (Array.isArray(value) ? value : [value]).map(scalarText);
      return texts.includes(undefined) ? undefined : all([pair(wire, texts.join(separators[style]))]);
    }
  }
}

function objectPairs(
  wire: string,
  value: Readonly<Record<string, unknown>>,
  style: 'deep' | 'members' | 'pairs',
): Pairs | undefined {
  const members = Object.entries(value).filter(([, member]) => member !== undefined && member !== null);
  if (style === 'pairs') {
    const texts = members.flatMap(([name, member]) => [name, scalarText(member)]);
    return texts.includes(undefined) ? undefined : all([pair(wire, texts.join(','))]);
  }
  if (style === 'members')
    return all(members.flatMap(([name, member]) => listOf(member).map((one) => pair(name, one))));
  return all(members.flatMap(([name, member]) => deepPairs(`${wire}[${name}]`, name, member)));
}

/** Members of members get further brackets. */
function deepPairs(place: string, name: string, value: unknown): (Pairs[number] | undefined)[] {
  if (/[[\]]/.test(name)) return [undefined];
  if (!isJsonObject(value)) return listOf(value).map((one) => pair(place, one));
  return Object.entries(value).flatMap(([inner, member]) => deepPairs(`${place}[${inner}]`, inner, member));
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value]);

const all = (pairs: readonly (Pairs[number] | undefined)[]): Pairs | undefined =>
  pairs.every((one) => one !== undefined) ? pairs : undefined;

function pair(name: string, value: unknown): Pairs[number] | undefined {
  const text = scalarText(value);
  return text?.isWellFormed() && name.isWellFormed() ? [name, text] : undefined;
}

/** A scalar as it is written into a path or a query. @returns undefined for everything else */
export function scalarText(value: unknown): string | undefined {
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : undefined;
  return typeof value === 'string' || isRawNumber(value) ? idText(value) : undefined;
}
