import { distance } from 'fastest-levenshtein';

const nameParts = /[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])|[0-9]+/g;

/** `execution_id`, `execution-id` and `ExecutionID` all become `executionId`. `''` when no letter or digit is left. */
export function camelCase(name: string): string {
  // Letters with marks become a letter and a mark, so that the letter stays.
  const words = name.normalize('NFKD').match(nameParts) ?? [];
  const joined = words
    .map((word, index) =>
      index === 0 ? word.toLowerCase() : (word[0] ?? '').toUpperCase() + word.slice(1).toLowerCase(),
    )
    .join('');
  return /^[0-9]/.test(joined) ? `_${joined}` : joined;
}

/** A name that GraphQL accepts and does not keep for itself. */
export const isPublicName = (name: string): boolean => /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !name.startsWith('__');

/** Whether a property or argument of that name holds an identifier: `id`, `execution_id`, `executionId`, `event-id`. */
export const isIdName = (name: string): boolean => /(?:^|[_-])[iI][dD]$|[a-z0-9]I[dD]$/.test(name);

/** Whether it holds a list of them: `ids`, `event_ids`, `eventIds`. */
export const isIdListName = (name: string): boolean => /(?:^|[_-])[iI][dD]s$|[a-z0-9]I[dD]s$/.test(name);

const escaped = /_x([0-9a-f]{1,6})_/g;

/**
 * A name as GraphQL can have it; reversible by {@link wireName}. A character that GraphQL does not take is `_x<hex>_`.
 */
export function escapeName(name: string): string {
  if (isPublicName(name)) return name;
  if (name === '') return '_x0_';
  const spelt = [...name]
    .map((char, index) => (isSafeAt(char, index) ? char : `_x${(char.codePointAt(0) ?? 0).toString(16)}_`))
    .join('');
  // Names that begin with two underscores are GraphQL's own (GraphQL specification, Reserved Names).
  return spelt.startsWith('__') ? `_x5f_${spelt.slice(1)}` : spelt;
}

const isSafeAt = (char: string, index: number): boolean => /[A-Za-z_]/.test(char) || (index > 0 && /[0-9]/.test(char));

/** The name on the wire of a property as a normalised document spells it. */
export const wireName = (name: string): string =>
  name === '_x0_' ? '' : name.replace(escaped, (_, code: string) => String.fromCodePoint(Number.parseInt(code, 16)));

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
const reservedByMesh = new Set(['Query', 'Mutation', 'Subscription', 'File']);

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
  return reservedByMesh.has(free) ? `${free}_` : free;
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

/**
 * A name in PascalCase: `validation-error`, `Body_upload` and `page[item]` are `ValidationError`, `BodyUpload` and
 * `PageItem`.
 */
export function pascalCase(name: string): string {
  const words = name.split(/[^A-Za-z0-9]+/).filter((word) => word !== '');
  return words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
}

/** One of several: `entries` is `entry`, `steps` is `step`. */
export function singular(name: string): string {
  if (/ies$/i.test(name)) return `${name.slice(0, -3)}y`;
  return /[^s]s$/i.test(name) ? name.slice(0, -1) : name;
}

/** Names that the schema needs for itself: GraphQL's and Mesh's own, and the protocol's types. */
const reservedTypeNames = new Set([
  ...['Query', 'Mutation', 'Subscription', 'ID', 'String', 'Int', 'Float', 'Boolean', 'Schema'],
  ...['Any', 'JSON', 'BigInt', 'Decimal', 'Date', 'DateTime', 'Time', 'UUID', 'URL', 'EmailAddress', 'Void', 'File'],
  ...['ObjMap', 'HTTPMethod', 'TransportOptions', 'QueryInput', 'MutationInput'],
  ...['Execution', 'ExecutionFailure', 'ExecutionStep', 'ExecuteResult'],
  // Mesh looks names up in plain objects, which have these already.
  ...Object.getOwnPropertyNames(Object.prototype),
]);

/** A name that a type of the document may have in the schema. */
export const isTypeName = (name: string): boolean => isPublicName(name) && !reservedTypeNames.has(name);

/** The public name of a type that the document calls so, before it is made unique. */
export function typeNameOf(name: string): string {
  const words = pascalCase(name);
  if (words === '') return 'Model';
  return /^[0-9]/.test(words) || reservedTypeNames.has(words) ? `Noetl${words}` : words;
}

/** The name, or the name with the first number that makes it free. */
export function freeName(name: string, isUsed: (candidate: string) => boolean): string {
  let free = name;
  for (let suffix = 2; isUsed(free); suffix += 1) free = `${name}${suffix}`;
  return free;
}

/**
 * The candidates nearest to a name by edit distance, nearest first, without those that differ in more than half of it. At least
 * two letters may differ, so that short names have suggestions as well.
 */
export function suggest(name: string, candidates: Iterable<string>, count = 3): string[] {
  const limit = Math.max(2, Math.ceil(name.length / 2));
  return [...candidates]
    .map((candidate) => ({ candidate, away: distance(name, candidate) }))
    .filter(({ away }) => away <= limit)
    .sort((a, b) => a.away - b.away || (a.candidate < b.candidate ? -1 : 1))
    .slice(0, count)
    .map(({ candidate }) => candidate);
}

/** `; nearest: a, b`, or nothing when nothing is near. */
export function nearest(name: string, candidates: Iterable<string>): string {
  const found = suggest(name, candidates);
  return found.length === 0 ? '' : `; nearest: ${found.join(', ')}`;
}
