/** Unicode names of printable ASCII punctuation, from U+0020 on, in the order of their code points. */
const punctuation: readonly (readonly [first: number, names: string])[] = [
  [
    0x20,
    'SPACE|EXCLAMATION MARK|QUOTATION MARK|NUMBER SIGN|DOLLAR SIGN|PERCENT SIGN|AMPERSAND|APOSTROPHE|LEFT PARENTHESIS|' +
      'RIGHT PARENTHESIS|ASTERISK|PLUS SIGN|COMMA|HYPHEN-MINUS|FULL STOP|SOLIDUS',
  ],
  [0x30, 'ZERO|ONE|TWO|THREE|FOUR|FIVE|SIX|SEVEN|EIGHT|NINE'],
  [0x3a, 'COLON|SEMICOLON|LESS-THAN SIGN|EQUALS SIGN|GREATER-THAN SIGN|QUESTION MARK|COMMERCIAL AT'],
  [0x5b, 'LEFT SQUARE BRACKET|REVERSE SOLIDUS|RIGHT SQUARE BRACKET|CIRCUMFLEX ACCENT|LOW LINE|GRAVE ACCENT'],
  [0x7b, 'LEFT CURLY BRACKET|VERTICAL LINE|RIGHT CURLY BRACKET|TILDE'],
];

/** Names and aliases of the characters that Python takes for blanks and line breaks. */
const blanks: readonly (readonly [unit: number, names: string])[] = [
  [0x09, 'CHARACTER TABULATION|HORIZONTAL TABULATION|TAB|HT'],
  [0x0a, 'LINE FEED|NEW LINE|END OF LINE|LF|NL|EOL'],
  [0x0c, 'FORM FEED|FF'],
  [0x0d, 'CARRIAGE RETURN|CR'],
  [0x20, 'SP'],
];

const units: ReadonlyMap<string, number> = new Map([
  ...punctuation.flatMap(([first, names]) =>
    names.split('|').map((name, i): [string, number] => [first === 0x30 ? `DIGIT ${name}` : name, first + i]),
  ),
  ...blanks.flatMap(([unit, names]) => names.split('|').map((name): [string, number] => [name, unit])),
  ...Array.from({ length: 26 }, (_, i): [string, number] => [
    `LATIN CAPITAL LETTER ${String.fromCharCode(0x41 + i)}`,
    0x41 + i,
  ]),
  ...Array.from({ length: 26 }, (_, i): [string, number] => [
    `LATIN SMALL LETTER ${String.fromCharCode(0x41 + i)}`,
    0x61 + i,
  ]),
]);

/** The longest of those names, characters. */
export const longestCharacterName = 30;

/**
 * The ASCII character of `\N{name}` in a Python text.
 * @returns undefined for every other character and for names that do not exist.
 * @see Unicode Character Database: UnicodeData.txt and NameAliases.txt
 */
export function asciiCharacterNamed(name: string): number | undefined {
  return units.get(name.toUpperCase());
}
