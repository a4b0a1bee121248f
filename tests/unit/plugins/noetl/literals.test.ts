import { describe, expect, test } from 'vitest';
import { characterEscape, joinedLines, pastJoin } from '../../../../plugins/noetl/literals/escape-sequences.ts';
import { joinsToMark } from '../../../../plugins/noetl/literals/joined-literals.ts';
import { textsOfLiteral } from '../../../../plugins/noetl/literals/python-literal.ts';
import { escapedLineBreak, resolvedEscapes } from '../../../../plugins/noetl/literals/resolved-escapes.ts';

const units = (text: string) => Uint16Array.from({ length: text.length }, (_, at) => text.charCodeAt(at));
const textOf = (read: Uint16Array) => String.fromCharCode(...read);
const r = String.raw;

describe('the texts of a literal that hold a brace or a backslash', () => {
  const texts = (source: string) => textsOfLiteral(units(source))?.map(textOf);

  test.each<[string, string, readonly string[]]>([
    ['alone', '"{a"', ['{a']],
    ['in single quotes', "'{a'", ['{a']],
    ['in containers, each by itself', `{"{k": ['{a', ("{b", 1.5, -2, None)], "plain": "x"}`, ['{k', '{a', '{b']],
    ['joined, side by side', `"{a" '{b'`, ['{a{b']],
    ['joined without a blank', `"a""{b"`, ['a{b']],
    ['joined over breaks and comments', `("{a" # "x" \n\t '{b'\f\r\n"c")`, ['{a{bc']],
    ['joined over a continued line', `"{a" \\\n"b" \\\r\n"c"`, ['{abc']],
    ['joined after a comment that a return ends', `"{a"#x\r"b"`, ['{ab']],
    ['not over a comma or a sign', `"{a", "b" + "{c"`, ['{a', '{c']],
    ['with a comment at the end', `"{a" # "{b"`, ['{a']],
    ['beside names and text beyond ASCII', `é "{a" Zz_9 "{b"`, ['{a', '{b']],
    ['with NUL between', `"{a"\0"b"`, ['{ab']],
    ['in three quotes, with breaks and quotes inside', `"""{a\n"b""c"""`, ['{a\n"b""c']],
    ['in three single quotes', `'''{a'b'''`, ["{a'b"]],
    ['empty beside another', `"" "{a"`, ['{a']],
    ['with a prefix of one letter or two', `b"{a", Rb'{b', fr"{c", U"{d", T"{e"`, ['{a', '{b', '{c', '{d', '{e']],
    ['raw: backslashes stay, also before a quote', r`r"{\"\n{"`, [r`{\"\n{`]],
    ['raw, with the other letter first', r`bR"{\x7b"`, [r`{\x7b`]],
    ['raw: a break behind a backslash stays', 'r"{\\\r\nb"', ['{\\\r\nb']],
    ['a name that ends in a letter of a prefix', `xyr"{\\n"`, [r`{\n`]],
    ['a backslash that is no escape', r`"\qa"`, [r`\qa`]],
    ['an escaped backslash', r`"\\a"`, [r`\a`]],
    ['an escaped brace', r`"\x7ba" "\u007bb" "\U0000007Bc" "\N{LEFT CURLY BRACKET}d" "\173e"`, ['{a{b{c{d{e']],
    ['short escapes', r`"{\a\b\t\n\v\f\r\"\'\/\\"`, ['{\x07\b\t\n\v\f\r"\'/\\']],
    ['octal: three digits at most, and eight bits', r`"{\1\12\1234\777"`, ['{\x01\nS4\xff']],
    ['octal, up to another digit', r`"{\18\7"`, ['{\x018\x07']],
    ['a continued line', '"{a\\\nb\\\r\nc\\\rd"', ['{abcd']],
    ['none', `["a", 'b', 7]`, []],
    ['nothing', '', []],
  ])('%s', (_name, source, want) => {
    expect(texts(source)).toEqual(want);
  });

  test.each([
    ['a text', 'hello!'],
    ['a literal that is not closed', '"{a'],
    ['one that ends in a backslash', '"{a\\'],
    ['three quotes that are not closed', '"""{a""'],
    ['a break within simple quotes', '"{a\nb"'],
    ['a return within simple quotes', "'{a\rb'"],
    ['another character after a literal', '"{a";'],
    ['a vertical tab', '"{a"\v"b"'],
    ['a backslash before anything but a break', '"{a" \\ "b"'],
    ['a sign of arithmetic', '"{a" * 2'],
    ['a backquote', '`{a`'],
    ['a character before letters', '@"{a"'],
  ])('no literal: %s', (_name, source) => {
    expect(texts(source)).toBeUndefined();
  });

  test('brackets, commas, signs, digits and letters may stand between', () => {
    expect([...'[](){},:+-._09azAZ'].filter((character) => texts(`${character}"{"`) === undefined)).toEqual([]);
    expect([...'!$%&*/;<=>?@^`|~'].filter((character) => texts(`${character}"{"`) !== undefined)).toEqual([]);
  });
});

describe('an escape', () => {
  const escapeIn = (text: string, start = 0) => characterEscape(units(text), start);

  test.each([
    ['x7b', 0, 0x7b, 3],
    ['xAF', 0, 0xaf, 3],
    ['u007Bz', 0, 0x7b, 5],
    ['U0000007b', 0, 0x7b, 9],
    ['U0000ffff', 0, 0xffff, 9],
    ['U00010000', 0, 0xfffd, 9],
    ['--x7b', 2, 0x7b, 5],
    ['N{LEFT CURLY BRACKET}', 0, 0x7b, 21],
    ['N{digit one}', 0, 0x31, 12],
    ['N{HYPHEN-MINUS}', 0, 0x2d, 15],
    ['N{BULLET}', 0, 0xfffd, 9],
    ['N{}', 0, 0xfffd, 3],
    [`x${String.fromCharCode(joinedLines)}7${String.fromCharCode(joinedLines)}b`, 0, 0x7b, 5],
    [`N{${String.fromCharCode(joinedLines)}TILD${String.fromCharCode(joinedLines)}E}`, 0, 0x7e, 10],
  ])('%j at %i', (text, start, unit, end) => {
    expect(escapeIn(text, start)).toEqual({ unit, end });
  });

  test.each([
    ...[
      'x7',
      'x7g',
      'x/0',
      'x:0',
      'x@0',
      'x`0',
      'u007',
      'U0000007',
      'q',
      '',
      'n',
      'N',
      'NTILDE}',
      'N{TILDE',
      'N{TIL_DE}',
    ],
    `N{${'A'.repeat(40)}}`,
  ])('%j is no escape', (text) => {
    expect(escapeIn(text)).toBeUndefined();
  });

  test('a mark of joined lines is passed over, once', () => {
    expect([pastJoin(Uint16Array.of(joinedLines, 1), 0), pastJoin(Uint16Array.of(1), 0)]).toEqual([1, 0]);
  });
});

describe('a text with its escapes resolved', () => {
  const lineBreak = String.fromCharCode(escapedLineBreak);
  const join = String.fromCharCode(joinedLines);

  test.each<[string, string, string]>([
    ['nothing to resolve', 'a{b"\n', 'a{b"\n'],
    ['JSON', r`\u007b\u007B`, '{{'],
    ['Python', r`\x7b\173\N{LEFT CURLY BRACKET}\U0000007b`, '{{{{'],
    ['escaped again', r`\\x7b\\\\u007b`, '{{'],
    ['an escape that makes a part of another', r`\x5cx7b`, '{'],
    ['a digit that an escape makes', r`\x7\x62`, '{'],
    ['a short escape: a break', r`a\nb\rc`, `a${lineBreak}b${lineBreak}c`],
    ['a short escape: a blank', r`a\tb\fc`, 'a b c'],
    ['a break by its number', r`a\x0ab\u000dc\12d`, `a${lineBreak}b${lineBreak}c${lineBreak}d`],
    ['a continued line', 'a\\\nb\\\r\nc\\\rd', `a${join}b${join}c${join}d`],
    ['two continued lines are as one', 'a\\\n\\\nb', `a${join}b`],
    ['a continued line within an escape', '\\x7\\\nb', '{'],
    ['two breaks behind a backslash are a line and a break', 'a\\\n\nb', `a${join}\nb`],
    ['no escape', r`\q`, r`\q`],
    ['backslashes in a row are one', r`\\\\q`, r`\q`],
    ['a backslash at the end', 'a\\', 'a\\'],
    ['an escaped quote is what follows its backslash', r`\"`, r`\"`],
    ['octal: the longest reading that makes a sign', r`\1734`, '{4'],
    ['octal: a shorter one that makes a sign', r`\455`, '%5'],
    ['octal: no reading makes a sign', r`\101`, 'A'],
    ['octal: eight bits', r`\573`, '{'],
  ])('%s', (_name, text, want) => {
    expect(textOf(resolvedEscapes(text))).toBe(want);
  });
});

describe('a brace that is joined to a mark', () => {
  const lineBreak = String.fromCharCode(escapedLineBreak);
  const join = String.fromCharCode(joinedLines);
  const joins = (text: string) => joinsToMark(units(text));

  test.each([
    ...['{{', '{%', '{#', 'a {{ b', '{{{', `{" "{`, `{' '%`, `{"'#`, `{""{`, `{" "" "{`, `{" '' ""\t"{`],
    ...['{"\n"{', '{"\r"{', `{" # x\n"{`, `{" # x\r"{`, `{" # it's {x\n"{`, `{"#"\n#\n"{`],
    ...['{" r"{', "{' Rb'%", `{" u'#`, `{" rb"" "{`, `{${join}{`, `{"${join}"{`, `{" # x${join}"{`],
    ...[
      `{" # x${lineBreak}"{`,
      `{" # x${lineBreak} y\n"{`,
      `{"${lineBreak}"{`,
      r`{\" \"{`,
      r`{" \"{`,
      `{"""{`,
      `{""""""{`,
    ],
  ])('%j', (text) => {
    expect(joins(text)).toBe(true);
  });

  test.each([
    ...['', '{', '{}', '{ {', '}{', '{a{', '{ %', '{" x "{', '{", "{', '{" + "{', '{"a"{', '{" "a{', '{" "}'],
    ...['{" # x "{', '{"# "\n{', `{" x"{`, `{" rx"{`, `a" "{`, `" "%`, r`{\{`, r`{" "\{`, `{" {x`, `{\n{`, '{\r"'],
    ...[`{" # x" "{`, `{"#${join}{`, `{ " "{`, `{" -"{`],
  ])('not: %j', (text) => {
    expect(joins(text)).toBe(false);
  });
});
