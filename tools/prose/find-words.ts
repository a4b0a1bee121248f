/** Words that are not written, and what to write instead. */
export interface WordRule {
  readonly words: readonly string[];
  readonly write: string;
}

/** A use of a refused word. */
export interface FoundWord {
  /** Counted from 1. */
  readonly line: number;
  readonly word: string;
  readonly write: string;
}

/**
 * Reads the table of docs/style.md whose first column is "Do not write": words in backticks, then the better words.
 * @throws Error when the page has no such table, or a row without a word or without a better one.
 */
export function readWordRules(page: string): readonly WordRule[] {
  const lines = page.split('\n');
  const head = lines.findIndex((line) => /^\| *Do not write/.test(line));
  const rows = lines.slice(head + 2);
  const end = rows.findIndex((line) => !line.startsWith('|'));
  const rules = rows.slice(0, end < 0 ? undefined : end).map((row) => {
    const [, left = '', write = ''] = row.split('|').map((cell) => cell.trim());
    return { words: [...left.matchAll(/`([^`]+)`/g)].map(([, word]) => word ?? ''), write };
  });
  if (head < 0 || rules.length === 0) throw new Error('docs/style.md: the table "Do not write" is missing');
  const broken = rules.find(({ words, write }) => words.length === 0 || write === '');
  if (broken !== undefined) throw new Error(`docs/style.md: incomplete row: ${JSON.stringify(broken)}`);
  return rules;
}

/** Each use of a word of the rules, whatever its case. A word is found only whole; `’` counts as `'`. */
export function findWords(text: string, rules: readonly WordRule[]): readonly FoundWord[] {
  const matchers = rules.flatMap(({ words, write }) =>
    words.map((word) => ({ word, write, matcher: matcherOf(word) })),
  );
  return text.split('\n').flatMap((line, index) => {
    const plain = line.replaceAll('’', "'");
    return matchers
      .filter(({ matcher }) => matcher.test(plain))
      .map(({ word, write }) => ({ line: index + 1, word, write }));
  });
}

/**
 * Matches a word in any case, but not the same letters in code: a name or a path that it is a part of, and for a single
 * word a call (`tell(`), a key (`{ tell: 1 }`, `const tell: T`) or a whole text in quotes (`'tell'`).
 */
function matcherOf(word: string): RegExp {
  const literal = word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const before = String.raw`(?<![\w.$/-])`;
  // A word of the table that ends in a sign is whole with it.
  if (/\W$/.test(word)) return new RegExp(before + literal, 'i');
  // What follows a name: more letters, `'s`, or the rest of a file's name.
  const after = String.raw`(?!\w|'\w|[-/][\w/-]*\.\w)`;
  if (word.includes(' ')) return new RegExp(before + literal + after, 'i');
  const isKey = String.raw`(?<!(?:^|[{,(])\s*|(?:const|let|readonly) )(?=${literal}\??:)`;
  const isNoKey = String.raw`(?!${literal}\??:)`;
  const isNoLiteral = `(?!(?<=')${literal}')`;
  return new RegExp(`${before}(?:${isKey}|${isNoKey})${isNoLiteral}${literal}${after}(?!\\()`, 'i');
}
