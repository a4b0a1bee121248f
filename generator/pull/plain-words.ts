/** Messages of the validator of documents, and their meaning. `$1` is the first group. */
const sentences: readonly (readonly [RegExp, string])[] = [
  [/^REQUIRED must have required property '([^']*)'/, 'the member $1 is missing'],
  [/^ADDITIONAL PROPERTY must NOT have additional properties/, 'OpenAPI has no member of this name here'],
  [/^UNEVALUATED PROPERTY must NOT have unevaluated properties/, 'OpenAPI has no member of this name here'],
  [/^UNEVALUATEDPROPERTIES .*/, 'OpenAPI has no member of this name here'],
  [/^TYPE must be (.+)$/, 'it must be of the type $1'],
  [/^ENUM must be equal to one of the allowed values:? ?(.*)$/, 'it must be one of $1'],
  [/^CONST must be equal to constant.*/, 'it has the wrong value'],
  [/^UNIQUEITEMS .*\(items ## (\d+) and (\d+) are identical\)/, 'the items $1 and $2 are the same'],
  [/^PATTERN must match pattern (.+)$/, 'it must match the pattern $1'],
  [/^FORMAT must match format "?([^"]+)"?$/, 'it must be a valid $1'],
  [/^MIN(?:ITEMS|PROPERTIES|LENGTH) must NOT have fewer than (\d+) (\w+)/, 'it must have $1 $2 or more'],
  [/^MAX(?:ITEMS|PROPERTIES|LENGTH) must NOT have more than (\d+) (\w+)/, 'it must have $1 $2 or fewer'],
  [/^(?:ONEOF|ANYOF) .*/, 'it matches no form that OpenAPI allows here, or several'],
  [/^NOT must NOT be valid/, 'it has members that exclude each other'],
  [/^IF must match .*/, 'it lacks what its other members need'],
  [/^DEPENDENT\w* .*/, 'it lacks what its other members need'],
];

const missingParameter = /^`?(\/paths\/.*)\/(\w+)`? is missing path parameter\(s\) for `?\{?([^}`]*)\}?`?/;

/**
 * A sentence of the validator in plain words; one that is not known stays as it is, so a new version of the library
 * costs words and no information.
 */
export function plainWords(sentence: string): string {
  const missing = missingParameter.exec(sentence);
  if (missing !== null) {
    return `#${missing[1]}/${missing[2]}: the path has {${missing[3]}}, and there is no parameter of that name`;
  }
  const [pattern, words] = sentences.find(([candidate]) => candidate.test(sentence)) ?? [];
  return pattern === undefined || words === undefined ? sentence : sentence.replace(pattern, words);
}
