/**
 * A text as a TypeScript literal in single quotes. Line breaks and other control characters are escaped too: what a
 * document calls something cannot end its literal.
 */
export const quoteText = (text: string): string =>
  `'${JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;
