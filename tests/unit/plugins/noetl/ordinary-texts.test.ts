import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { hasTemplateMark } from '../../../../plugins/noetl/template-mark.ts';

/** What people write into variables. None of it is a template, and none of it becomes one. */
const ordinary: Readonly<Record<string, readonly string[]>> = {
  prose: [
    'Flight from SFO to JFK',
    'He said "no", then \'maybe\', and left.',
    "It's 20% off {today only} # while it lasts",
    'The set {1, 2, 3} is called "A"; the set {} is "empty".',
    'Use "{" to open and "}" to close a block.',
    "Don't write '{' or '%' in titles, isn't that odd?",
    'Smileys :-{ and "quotes" :} and 100 % "sure"',
    'C:\\Users\\new\\table\\x\\file{1}.txt',
    '\\\\server\\share\\{guid}\\readme.txt',
    'a "b" {c} \'d\' (e) [f] <g> `h` #i %j &k',
    'Ein "Zitat" – «mit» {Klammern} und 50 % Rabatt',
    '引号"和"花括号{都}可以',
    'She replied: "{sigh}" and "{laughs}".',
    "Tom's \"best\" {guess}: 'none'",
    '"',
    "'",
    '{',
    '}}',
    '%}',
    '# Title\n\nSome "text" with {braces}.\n\n- item 1\n- item 2',
  ],
  JSON: [
    '{}',
    '[]',
    '{"a": {"b": {"c": [1, 2, {"d": null}]}}}',
    '{"a":{"b":{}},"c":[{"d":"e"}]}',
    '{"": {"": ""}}',
    '{"#id": "x", "%y": "{z}"}',
    '{"pattern": "^\\\\d{2,3}%$", "path": "C:\\\\new\\\\x"}',
    '["{", "}", "%", "#"]',
    '{"open": "{", "close": "}"}',
    '{"text": "line 1\\nline 2\\t\\"quoted\\" {x}"}',
    JSON.stringify({ inner: JSON.stringify({ a: { b: JSON.stringify({ c: {} }) } }) }),
    JSON.stringify({ css: '#a { color: red }\n#b { width: 10% }' }, null, 2),
    '{\n  "type": "object",\n  "properties": {\n    "id": {"type": "string", "pattern": "^[a-f]{8}$"}\n  }\n}',
    '{"emoji": "\\ud83d\\ude00", "unicode": "\\u00e9\\u4e2d"}',
    '{"sql": "SELECT \'{}\'::jsonb"}',
  ],
  CSS: [
    '#main { width: 50%; } #side { width: 50%; }',
    '@media (min-width: 10px) {\n  #a { color: "red"; }\n}',
    'a::before { content: "\\201C"; } b::after { content: "}"; }',
    ".x{background:url('data:image/svg+xml;utf8,<svg/>')}.y{width:calc(100% - 2px)}",
    'p{content:"\\7b"}',
    ':root { --gap: 4px } @supports (display: grid) { .grid { display: grid } }',
  ],
  SQL: [
    "SELECT * FROM t WHERE name LIKE '%a%' AND j @> '{\"a\": 1}'",
    'SELECT "a"."b", \'it\'\'s\' FROM "a" WHERE x % 2 = 0 -- { "comment" }',
    "INSERT INTO t VALUES ('{1,2}', E'a\\nb', $tag$ '{' $tag$)",
    'UPDATE t SET tags = \'{"x","y"}\' WHERE id IN (1, 2)',
    "SELECT format('%s { %s }', a, b), array['{', '}'] FROM c",
  ],
  shell: [
    `for f in "\${files[@]}"; do echo "$f: \${f%.*}"; done`,
    'awk \'{print $1, "{" $2 "}"}\' file | sed \'s/{/(/g\'',
    'find . -name "*.js" -exec grep -l "x" {} \\; | xargs -I{} cp "{}" /tmp',
    'if [ "$x" = "{" ]; then printf \'%s\\n\' "{"; fi',
    'curl -d \'{"a": {"b": "\'"$C"\'"}}\' "https://example.com/%7B"',
    'docker ps --format json | jq -r \'.[] | "\\(.Names) {\\(.ID)}"\'',
  ],
  code: [
    `const f = (a) => { return { b: '\${a}%', c: "{" + '}' }; };`,
    'function g() {\n  // "x" {\n  if (a) { return "{"; }\n  return \'#\';\n}',
    'def f(x):\n    """Doc {of} f."""\n    return f"{x!r:>{10}}" + "%d" % x',
    "d = {'a': {'b': 1}, \"c\": ['x', \"y\"]}  # a dict",
    'print("{}: {:.2f}%".format(name, value))',
    'String s = "a" + \'{\' + "b"; // { }\nif (s.equals("{")) { s = "}"; }',
    'fmt.Printf("%v { %s}\\n", map[string]any{"a": struct{}{}}, \'x\')',
    '#include <stdio.h>\nint main(void) { printf("%d\\n", 1); return 0; }',
    'let v = vec!["{", "}"]; println!("{v:?} {}", \'{\');',
    '\\frac{\\{a\\}}{b} \\textbf{x} \\newcommand{\\N}{\\mathbb{N}} 50\\%',
    '<div style="color: red" data-x=\'{"a": {"b": 1}}\'>50%</div>',
    'a: {b: "c", d: [\'e\', "f"]} # yaml\nkey: "value"',
    'query Q($id: ID!) { execution(id: $id) { id status } } # "x"',
    "/^[\"']{2,}\\x41\\d{3}%#$/.test('{')",
    '{"regex": "\\\\u007B", "x": "}"}',
    'sed -e \'s/\\x27/"/g\' -e "s/{/[/"',
  ],
  'other scripts': [
    'שלום "עולם" {א}',
    'مرحبا {ب} "ت" 50٪',
    'Привет, "мир" {и} \'всё\'',
    'नमस्ते {ह} "ज"',
    '🙂 {🙃} "😀" %',
  ],
};

it.each(Object.entries(ordinary))('%s passes', (_kind, texts) => {
  expect(texts.filter(hasTemplateMark)).toEqual([]);
});

it('is a list of at least sixty', () => {
  expect(Object.values(ordinary).flat().length).toBeGreaterThanOrEqual(60);
});

/** Sources, declarations and documents of packages that the tests have anyway. */
function* filesOf(packages: readonly string[]): Generator<string> {
  for (const name of packages) {
    for (const entry of readdirSync(join('node_modules', name), { recursive: true, withFileTypes: true })) {
      if (entry.isFile() && /\.(?:[cm]?[jt]s|md|json|ya?ml|css|html)$/.test(entry.name)) {
        yield readFileSync(join(entry.parentPath, entry.name), 'utf8');
      }
    }
  }
}

it('refuses fewer than one in a thousand files of published packages that hold no mark themselves', () => {
  const packages = ['graphql', 'undici', 'yaml', 'jose', 'commander', 'fast-check', 'lru-cache', 'ioredis'];
  const texts = [...filesOf(packages)].filter((text) => !/\{[{%#]/.test(text));
  const refused = texts.filter(hasTemplateMark).length;
  expect(texts.length).toBeGreaterThan(1_000);
  expect(refused / texts.length).toBeLessThan(0.001);
});
