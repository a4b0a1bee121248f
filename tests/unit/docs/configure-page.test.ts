import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

/** The pages that show parts of the example configs. */
const page = ['actions', 'configure', 'custom-rule', 'open-an-operation', 'plugins']
  .map((name) => readFileSync(`docs/${name}.md`, 'utf8'))
  .join('\n');

/** The marked parts of a config: name → text without the indentation that all its lines have. */
function regionsOf(file: string): [name: string, text: string][] {
  const source = readFileSync(`docs/examples/${file}`, 'utf8');
  return [...source.matchAll(/^ *\/\/ #region (\S+)\n([\s\S]*?)^ *\/\/ #endregion$/gm)].map(
    ([, name = '', text = '']) => {
      const lines = text.trimEnd().split('\n');
      const indent = Math.min(...lines.filter((line) => line !== '').map((line) => line.search(/\S/)));
      return [`${file}#${name}`, lines.map((line) => line.slice(indent)).join('\n')];
    },
  );
}

const examples = readdirSync('docs/examples').flatMap(regionsOf);
const shown = new Map(
  [...page.matchAll(/<!-- example: (\S+) -->\n```ts\n([\s\S]*?)\n```/g)].map(([, name, text]) => [name, text]),
);

describe('the pages about the config', () => {
  it.each(examples)('shows %s as the tests run it', (name, text) => {
    expect(shown.get(name)).toBe(text);
  });

  it('marks no example that is missing', () => {
    const named = [...page.matchAll(/<!-- example: (\S+) -->\n```ts\n([\s\S]*?)\n```/g)];
    const texts = new Map(examples);
    expect(named.length).toBeGreaterThanOrEqual(examples.length);
    for (const [, name = '', text] of named) expect([name, texts.get(name)]).toEqual([name, text]);
  });
});
