import { isRawNumber } from '../json/lossless-json.ts';
import { joinsToMark } from './literals/joined-literals.ts';
import { textsOfLiteral } from './literals/python-literal.ts';
import { resolvedEscapes } from './literals/resolved-escapes.ts';

const marks = ['{{', '{%', '{#'];

/** Literals within texts of literals are read to this depth; what is nested deeper is refused. */
const deepestLiteral = 8;

/** A playbook may put a value between quotes of its own. */
const surroundings = ['', '"', "'", '"""', "'''"];

/**
 * Finds out whether NoETL would evaluate something in a text. NoETL renders `{{`, `{%` and `{#` as templates. What looks like a
 * literal after that it reads as JSON or else with `ast.literal_eval`, and renders the texts in it again. So a mark counts
 * - unchanged,
 * - in the texts of the literal that the text is, alone or between quotes, and in the texts of literals within those,
 * - in what any part of the text may become, when its escapes are resolved and literals side by side are joined.
 * In doubt it is true. Takes time in proportion to the text.
 */
export function hasTemplateMark(text: string): boolean {
  if (!mayHoldMark(text)) return false;
  if (marks.some((mark) => text.includes(mark))) return true;
  if (!/["'\\]/.test(text)) return false;
  if (joinsToMark(resolvedEscapes(text))) return true;
  return surroundings.some(
    (quotes) => !isPlainWithin(quotes, text) && literalHasMark(unitsOf(quotes + text + quotes), 0),
  );
}

/** Most texts have neither a brace nor an escape that could be one. */
const mayHoldMark = (text: string) => text.includes('{') || text.includes('\\');

/** Between these quotes the text means what it is. */
const isPlainWithin = (quotes: string, text: string) =>
  quotes !== '' && !text.includes('\\') && !text.includes(quotes.slice(0, 1));

function literalHasMark(source: Uint16Array, depth: number): boolean {
  const texts = textsOfLiteral(source) ?? [];
  if (depth === deepestLiteral) return texts.length > 0;
  return texts.some((text) => unitsHaveMark(text) || literalHasMark(text, depth + 1));
}

function unitsHaveMark(units: Uint16Array): boolean {
  for (let at = units.indexOf(0x7b); at >= 0; at = units.indexOf(0x7b, at + 1)) {
    const next = units[at + 1];
    if (next === 0x7b || next === 0x25 || next === 0x23) return true;
  }
  return false;
}

function unitsOf(text: string): Uint16Array {
  const units = new Uint16Array(text.length);
  for (let at = 0; at < text.length; at += 1) units[at] = text.charCodeAt(at);
  return units;
}

/**
 * {@link hasTemplateMark} of any text in the value, at any depth, in keys too.
 * NoETL renders every workload value as a template, unsandboxed. Walks without recursion, so depth cannot break it.
 */
export function holdsTemplateMark(value: unknown): boolean {
  const pending: unknown[] = [value];
  while (pending.length > 0) {
    const next = pending.pop();
    if (typeof next === 'string') {
      if (hasTemplateMark(next)) return true;
    } else if (typeof next === 'object' && next !== null && !isRawNumber(next)) {
      for (const [key, member] of Object.entries(next)) pending.push(key, member);
    }
  }
  return false;
}
