/** Characters that Mesh writes as `_`, before it looks into {@link words}. */
const asUnderscore = new Set([' ', '-', '.', '/', ':']);

/** What Mesh calls a character that no name has. The table is Mesh's own, and must stay like it. */
const words: Readonly<Record<string, string>> = {
  '+': 'PLUS',
  '-': 'MINUS',
  '>': 'GREATER_THAN',
  '<': 'LESS_THAN',
  '=': 'EQUALS',
  '&': 'AMPERSAND',
  '|': 'PIPE',
  '@': 'AT',
  '*': 'STAR',
  ':': 'COLON',
  '{': 'LEFT_CURLY_BRACE',
  '}': 'RIGHT_CURLY_BRACE',
  '[': 'LEFT_SQUARE_BRACE',
  ']': 'RIGHT_SQUARE_BRACE',
  ',': 'COMMA',
  '%': 'PERCENT',
  $: 'DOLLAR',
  '#': 'POUND',
  '^': 'CARET',
  '~': 'TILDE',
  '?': 'QUESTION_MARK',
  '!': 'EXCLAMATION_MARK',
  '"': 'QUOTATION_MARK',
  "'": 'SINGLE_QUOTE',
  '\\': 'BACKSLASH',
  '/': 'SLASH',
  '.': 'DOT',
  '`': 'BACKTICK',
  ';': 'SEMICOLON',
  '(': 'LEFT_PARENTHESIS',
  ')': 'RIGHT_PARENTHESIS',
};

/** Names that Mesh keeps for itself; it appends a `_` to another of them. */
const reserved = new Set(['Query', 'Mutation', 'Subscription', 'File']);

/**
 * What Mesh calls a value or a type of this text. The same as `sanitizeNameForGraphQL` of `@graphql-mesh/utils`,
 * without the package, which a production install lacks.
 */
export function meshName(text: string): string {
  const name = withoutBrackets(text.trim());
  const numbered = Number.isNaN(Number.parseInt(name, 10))
    ? name
    : name.replace(/^-|^/, (sign) => (sign === '-' ? 'NEGATIVE_' : '_'));
  const plain = /^\w*$/.test(numbered) ? numbered : [...numbered].map(characterName).join('');
  const free = plain.replace(/^__/, '_0');
  if (free === '') return '_';
  return reserved.has(free) ? `${free}_` : free;
}

function characterName(character: string): string {
  if (/^\w$/.test(character)) return character;
  return asUnderscore.has(character) ? '_' : `_${words[character] ?? character.charCodeAt(0)}_`;
}

/** Brackets around something go, from the left, until no bracket is left. */
function withoutBrackets(text: string): string {
  let current = text;
  for (;;) {
    const next = current.replace(/\((.+?)\)/, '$1');
    if (next === current) return current;
    current = next;
  }
}
