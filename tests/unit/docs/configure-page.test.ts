import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const page = readFileSync('docs/configure.md', 'utf8');

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

describe('docs/configure.md', () => {
  it.each(examples)('shows %s as the tests run it', (name, text) => {
    expect(shown.get(name)).toBe(text);
  });

  it('marks no example that is not there', () => {
    expect([...page.matchAll(/<!-- example: (\S+) -->/g)].map(([, name]) => name).sort()).toEqual(
      examples.map(([name]) => name).sort(),
    );
  });
});
