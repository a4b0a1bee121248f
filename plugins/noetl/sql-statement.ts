/** Keywords of SQL; every other word is a name. */
const keywords = new Set(
  (
    'SELECT DISTINCT FROM WHERE WITH RECURSIVE AS INSERT INTO VALUES DEFAULT UPDATE ONLY SET DELETE MERGE USING CREATE ALTER ' +
    'DROP TRUNCATE TABLE INDEX SCHEMA VIEW DATABASE FUNCTION SEQUENCE TYPE TRIGGER EXTENSION USER ROLE ' +
    'GRANT REVOKE ON TO COPY CALL IF EXISTS NOT NULL IN IS LIKE ILIKE BETWEEN ADD RENAME COLUMN JOIN AND OR OWNER CASCADE RESTRICT CASE WHEN ' +
    'THEN ELSE END LIMIT OFFSET ORDER GROUP HAVING RETURNING UNION LEFT INNER OUTER'
  ).split(' '),
);
/** A sentence has one of these before a noun; SQL has none. */
const determiners = new Set('a an the this that these those your our my their its his her each all any'.split(' '));

const parts =
  /\s+|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|'(?:[^']|'')*(?:'|$)|"(?:[^"]|"")*(?:"|$)|`[^`]*`|[A-Za-z_][\w$]*(?:\.[A-Za-z_][\w$]*)*|\d[\w.]*|%\(\w+\)s|%s|\$\d+|:[a-z]\w*|<>|<=|>=|!=|::|\|\||\S/gy;
const comparison = '(?:=|<>|!=|<=|>=|<|>|I?LIKE s|IN \\(|BETWEEN |IS (?:NOT )?NULL)';
const name = '(?:[niqA-Z]+|the)(?: \\. q)*';

/** Shapes of statements that no sentence has; see {@link shapeOf}. */
const statements = [
  new RegExp(`^SELECT .*?FROM [niqp({%].*? (?:${comparison}|::|p)`),
  /^SELECT (?:DISTINCT )?(?:[niq]+ \. )?\*.*? FROM [niqp({%]/,
  /^SELECT [niq] \( [sdp] /,
  // Something in it is no word of a sentence, and what follows FROM no noun.
  /^SELECT (?!the )(?=.*?[siqp(] ).*?FROM [niqp({%]/,
  new RegExp(`^INSERT INTO ${name}(?: \\( ${name}(?: , ${name})* \\))? (?:VALUES \\(|SELECT |DEFAULT VALUES)`),
  new RegExp(`^UPDATE (?:ONLY )?${name}(?: (?:AS )?[ni])? SET ${name} =`),
  new RegExp(`^DELETE FROM (?:ONLY )?${name}(?: (?:AS )?[ni])? WHERE .*?${comparison}`),
  /^MERGE INTO \w+(?: (?:AS )?[ni])? USING /,
  new RegExp(`^WITH (?:RECURSIVE )?${name}(?: \\( .*? \\))? AS \\( (?:SELECT|VALUES|INSERT|UPDATE|DELETE) `),
  new RegExp(`^CREATE (?:[\\w]+ )*?TABLE (?:IF NOT EXISTS )?${name} \\( ${name} `),
  new RegExp(`^ALTER TABLE ${name} (?:ADD|DROP|ALTER|RENAME) `),
  /^(?:CREATE|ALTER) (?:USER|ROLE) [niq] (?:WITH )?(?:n )+s/,
  /^DROP \w+ IF EXISTS /,
];
/** The same in capitals, which a sentence is not written in. */
const capitals = [
  /^SELECT (?:.*?FROM [niqp({%]|[*dsp@]|[niq] \()/,
  /^(?:INSERT INTO|DELETE FROM|MERGE INTO) [niqA-Z]/,
  new RegExp(`^UPDATE (?:ONLY )?${name} (?:AS )?(?:[ni] )?SET `),
  /^(?:CREATE|ALTER|DROP) .*?(?:TABLE|INDEX|SCHEMA|VIEW|DATABASE|FUNCTION|SEQUENCE|TYPE|TRIGGER|EXTENSION|USER|ROLE) (?:IF .*?EXISTS )?[niq] (?!n |the )/,
  /^TRUNCATE (?:TABLE |ONLY )*[niq] (?!n |the )/,
  /^COPY (?:\(|[niq] (?:\( .*? \) )?(?:FROM|TO) )/,
  /^CALL [niq] \(/,
  /^(?:GRANT|REVOKE) .*? (?:TO|FROM) /,
];

const verbs = /\b(?:SELECT|WITH|INSERT|UPDATE|DELETE|MERGE|CREATE|ALTER|DROP|TRUNCATE|GRANT|REVOKE|COPY|CALL)\b/gi;
const maxParts = 200;

/**
 * Where a statement of SQL begins in a text. By its grammar alone `select a date from the calendar` is one, so that the
 * shape must hold something that a sentence does not.
 * @returns undefined: the text has none
 */
export function sqlStatementAt(text: string): number | undefined {
  for (const { 0: verb, index } of text.matchAll(verbs)) {
    const shape = shapeOf(text, index);
    if (shape.length === maxParts) return index;
    const shapes = verb === verb.toUpperCase() ? [...statements, ...capitals] : statements;
    if (shapes.some((each) => each.test(`${shape.join(' ')} `))) return index;
  }
  return undefined;
}

/**
 * What the words from there on are: keywords; `n` a name, `i` one that no sentence has, `q` one in quotes, `s` a text, `d` a
 * number, `p` a parameter, `the`; operators as they are. It ends where a sentence begins: SQL has no three names in a row,
 * and no sentence is as long as {@link maxParts} without them.
 */
function shapeOf(text: string, from: number): readonly string[] {
  const shape: string[] = [];
  parts.lastIndex = from;
  for (let part = parts.exec(text)?.[0]; part !== undefined && shape.length < maxParts; part = parts.exec(text)?.[0]) {
    if (/^(?:\s|--|\/\*)/.test(part)) continue;
    shape.push(kindOf(part));
    if (shape.length > 2 && shape.slice(-3).every((kind) => kind === 'n' || kind === 'the')) break;
  }
  return shape;
}

function kindOf(part: string): string {
  if (/^[A-Za-z_]/.test(part)) {
    if (keywords.has(part.toUpperCase())) return part.toUpperCase();
    if (determiners.has(part)) return 'the';
    return /[._$\d]/.test(part) ? 'i' : 'n';
  }
  if (part.startsWith("'")) return 's';
  if (/^["`]/.test(part)) return 'q';
  if (/^\d/.test(part)) return 'd';
  return /^(?:%|\$\d|:[a-z])/.test(part) && part.length > 1 ? 'p' : part;
}
