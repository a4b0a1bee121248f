import { isRawNumber } from '../json/lossless-json.ts';

const marks = ['{{', '{%', '{#'];

/** What opens a template, as JSON and Python write it behind a backslash; and the line break that Python drops there. */
const escapeSequence =
  /^(?:(?:u00|x|U000000)(7b|25|23)|(173|0?45|0?43)|N\{(LEFT CURLY BRACKET|PERCENT SIGN|NUMBER SIGN)\}|\r?\n)/i;
const meaning: Readonly<Record<string, string>> = {
  '7b': '{',
  '173': '{',
  'left curly bracket': '{',
  '25': '%',
  '45': '%',
  '045': '%',
  'percent sign': '%',
  '23': '#',
  '43': '#',
  '043': '#',
  'number sign': '#',
};

/** Python reads texts that stand side by side as one. */
const sideBySide = /\{["']{1,6}[\s\\]*[ru]?["']{1,6}[{%#]/i;

/**
 * Tells whether NoETL would evaluate something in a text: `{{`, `{%` or `{#`, as such or hidden in JSON or Python source.
 * It reads text that looks like an object or a list as one, and renders what comes out once more.
 */
export function hasTemplateMark(text: string): boolean {
  if (marks.some((mark) => text.includes(mark))) return true;
  if (!text.includes('\\') && !text.includes('"') && !text.includes("'")) return false;
  const source = unescaped(text);
  return marks.some((mark) => source.includes(mark)) || sideBySide.test(source);
}

/** The text with those escapes resolved, behind any number of backslashes; others stay. Linear. */
function unescaped(text: string): string {
  const [first = '', ...rest] = text.split('\\');
  let backslashes = '';
  let result = first;
  for (const piece of rest) {
    backslashes += '\\';
    if (piece === '') continue;
    const found = escapeSequence.exec(piece);
    result += found === null ? backslashes + piece : meaningOf(found) + piece.slice(found[0].length);
    backslashes = '';
  }
  return result + backslashes;
}

function meaningOf([, hex, octal, name]: RegExpExecArray): string {
  return meaning[(hex ?? octal ?? name ?? '').toLowerCase()] ?? '';
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
