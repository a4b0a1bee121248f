import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { defaults } from '../../../core/config/defaults.ts';
import { isEnvRef } from '../../../core/config/env.ts';

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

/** Settings that have a default, and the variables that they are read from. */
const settings = Object.entries(defaults)
  .flatMap(([section, fields]) => fieldsOf(section, fields))
  .map(([name, value]): [string, string[]] => [
    name.replace('.accessCacheTtlMs', '.access.cacheTtlMs'),
    (Array.isArray(value) ? value : [value]).filter(isEnvRef).map(({ env }) => env),
  ]);

function fieldsOf(path: string, value: object): [name: string, value: unknown][] {
  return Object.entries(value).flatMap(([field, inner]): [string, unknown][] =>
    field === 'playbooks' ? fieldsOf(`${path}.${field}`, inner) : [[`${path}.${field}`, inner]],
  );
}

describe('docs/configure.md', () => {
  it.each(examples)('shows %s as the tests run it', (name, text) => {
    expect(shown.get(name)).toBe(text);
  });

  it('marks no example that is not there', () => {
    expect([...page.matchAll(/<!-- example: (\S+) -->/g)].map(([, name]) => name).sort()).toEqual(
      examples.map(([name]) => name).sort(),
    );
  });

  it.each(settings)('names the setting %s', (name, variables) => {
    expect(page).toContain(`\`${name}\``);
    for (const variable of variables) expect(page).toContain(`\`${variable}\``);
  });
});
