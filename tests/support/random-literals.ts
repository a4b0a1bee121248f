import fc from 'fast-check';

/**
 * Random Python literals in source form, many of them with a template mark somewhere in what they mean: every prefix, every
 * kind of quote, every escape, literals side by side, comments and line continuations between them, containers, and
 * literals within the texts of literals. Most are valid; some are damaged.
 */

const chance = (weight: number) => fc.nat(99).map((n) => n < weight);
const oneOf = <T>(...values: readonly T[]) => fc.constantFrom(...values);

/** What a text means: short, and rich in what marks are made of. */
const parts = fc
  .array(oneOf('{', '{', '{', '%', '#', '}', '7*7', 'a', ' ', '"', "'", '\\', '\n', '\r', 'x7b', 'é', '🙂', 'n', '0'), {
    maxLength: 3,
  })
  .map((pieces) => pieces.join(''));
const meaning = fc
  .tuple(parts, oneOf('', '', '{{', '{%', '{#'), parts)
  .map(([before, mark, behind]) => before + mark + behind);

const hex = (unit: number, length: number) => unit.toString(16).padStart(length, '0');
const names: Readonly<Record<string, string>> = {
  '{': 'LEFT CURLY BRACKET',
  '%': 'Percent Sign',
  '#': 'number sign',
  '"': 'QUOTATION MARK',
  "'": 'APOSTROPHE',
  '\\': 'REVERSE SOLIDUS',
  '\n': 'LINE FEED',
  a: 'LATIN SMALL LETTER A',
  n: 'latin small letter n',
  '0': 'DIGIT ZERO',
};

/** The ways to write one character; the quote and the backslash never as they are. */
function waysOf(character: string, plain: boolean): readonly string[] {
  const unit = character.codePointAt(0) ?? 0;
  const ways: string[] = plain ? [character, character, character] : [];
  if (unit < 0x100) ways.push(`\\x${hex(unit, 2)}`, `\\${unit.toString(8).padStart(3, '0')}`);
  if (unit < 0x10000) ways.push(`\\u${hex(unit, 4)}`);
  ways.push(`\\U${hex(unit, 8)}`);
  const name = names[character];
  return name === undefined ? ways : [...ways, `\\N{${name}}`];
}

const lineJoin = oneOf('', '', '', '', '', '\\\n', '\\\r\n', '\\\r');

function body(text: string, quotes: string): fc.Arbitrary<string> {
  const characters = [...text].map((character) => {
    const mustEscape = character === '\\' || character === quotes[0] || /[\n\r]/.test(character);
    const way = mustEscape
      ? oneOf(...waysOf(character, false), `\\${character === '\n' ? 'n' : character === '\r' ? 'r' : character}`)
      : oneOf(...waysOf(character, true));
    return fc.tuple(lineJoin, way).map((parts) => parts.join(''));
  });
  return fc.tuple(...characters).map((parts) => parts.join(''));
}

function literal(text: string): fc.Arbitrary<string> {
  return fc
    .tuple(oneOf('"', "'", '"""', "'''"), oneOf('', '', '', '', 'u', 'b', 'r', 'Rb', 'B', 'f'))
    .chain(([quotes, prefix]) => {
      const inside = /r/i.test(prefix)
        ? fc.constant(text.replaceAll(quotes, '').replaceAll('\\', ''))
        : body(text, quotes);
      return inside.map((written) => `${prefix}${quotes}${written}${quotes}`);
    });
}

const comment = oneOf('# x\n', '#\r', '# \'" {\r\n', '#\\\n', '# \\n\n');
const gap = fc
  .array(fc.oneof(oneOf(' ', '\t', '\n', '\r\n', '\f', '\\\n', '\\\r'), comment), { maxLength: 3 })
  .map((parts) => parts.join(''));

/** One text as one to four literals side by side, some of them empty. */
function adjacent(text: string): fc.Arbitrary<string> {
  return fc
    .array(fc.nat(text.length), { maxLength: 3 })
    .chain((cuts) => {
      const at = [0, ...cuts.sort((a, b) => a - b), text.length];
      const pieces = at.slice(1).map((end, i) => literal(text.slice(at[i], end)));
      return fc.tuple(fc.tuple(...pieces), fc.array(gap, { minLength: 4, maxLength: 4 }));
    })
    .map(([pieces, gaps]) => pieces.map((piece, i) => (i === 0 ? piece : (gaps[i] ?? '') + piece)).join(''));
}

const number = oneOf('1', '-2.5', '0x1f', '1_0', '1+2j', 'None', 'True', '...', 'set()', 'null', 'NaN');

function contained(inner: readonly string[]): fc.Arbitrary<string> {
  const [a = '1', b = '2'] = inner;
  return oneOf(
    a,
    `[${a}]`,
    `[${a}, ${b}]`,
    `(${a},)`,
    `{${a}: ${b}}`,
    `{${a}, ${b}}`,
    `[[${a}], {"k": (${b}, 1)}]`,
    ` [${a} ]\n`,
    `{"k":${a}}`,
  );
}

/** A literal in source form; the texts within may be literals again, to a depth. */
function source(depth: number): fc.Arbitrary<string> {
  const text =
    depth === 0 ? meaning : fc.oneof({ weight: 2, arbitrary: meaning }, { weight: 1, arbitrary: source(depth - 1) });
  const item = fc.oneof({ weight: 6, arbitrary: text.chain(adjacent) }, { weight: 1, arbitrary: number });
  return fc.tuple(item, item).chain(contained);
}

/** Takes a character out, doubles it, or puts another one in. */
function damaged(written: string): fc.Arbitrary<string> {
  return fc
    .tuple(fc.nat(Math.max(0, written.length - 1)), oneOf('', '"', "'", '\\', '#', '\n', '{'))
    .map(([at, extra]) => {
      const kept = extra === '' ? '' : (written[at] ?? '');
      return written.slice(0, at) + extra + kept + written.slice(at + 1);
    });
}

const valid = source(2);

/** @returns the same literals for the same seed. */
export function randomLiterals(count: number, seed: number): readonly string[] {
  const any = fc.oneof(
    { weight: 6, arbitrary: valid },
    { weight: 1, arbitrary: valid.chain(damaged) },
    {
      weight: 1,
      arbitrary: fc.tuple(valid, chance(50)).map(([text, json]) => (json ? JSON.stringify([text]) : `x ${text}`)),
    },
  );
  return fc.sample(any, { numRuns: count, seed });
}

/** Parts of literals, as they stand within the quotes of a playbook's own template. */
export function randomFragments(count: number, seed: number): readonly string[] {
  const part = fc
    .tuple(valid, fc.nat(3), fc.nat(3))
    .map(([text, before, behind]) => text.slice(before, Math.max(before, text.length - behind)));
  return fc.sample(part, { numRuns: count, seed });
}
