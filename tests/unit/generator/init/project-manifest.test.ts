import { describe, expect, test } from 'vitest';
import { projectManifest } from '../../../../generator/init.ts';

const facts = { spec: '1.2.3', tools: { yaml: '2.0.0', 'a-tool': '1.0.0' }, overrides: { graphql: '16.0.0' } };

/** The manifest that a given one becomes. */
const completed = (given: object): Record<string, unknown> =>
  JSON.parse(projectManifest('gateway', facts, JSON.stringify(given)));

describe('the manifest of a project', () => {
  test('what is there stays', () => {
    const given = {
      name: '@example/edge',
      private: false,
      license: 'MIT',
      engines: { node: '24', npm: '11' },
      scripts: { dev: 'my own', lint: 'biome check .' },
      dependencies: { 'noetl-gateway': 'file:../gateway.tgz', left: '1.0.0' },
      devDependencies: { yaml: '2.1.0' },
      overrides: { other: '1.0.0' },
    };
    const manifest = completed(given);
    expect(manifest).toMatchObject(given);
    expect(manifest).toMatchObject({
      scripts: { generate: 'noetl-gateway generate' },
      devDependencies: { 'a-tool': '1.0.0' },
      overrides: { graphql: '16.0.0' },
    });
  });

  test('the config is an ES module, whatever npm init has said', () => {
    expect(completed({ type: 'commonjs' })['type']).toBe('module');
  });

  test('npm’s placeholder of a test gives way to a real one', () => {
    const scripts = { test: 'echo "Error: no test specified" && exit 1' };
    expect(completed({ scripts })).toMatchObject({ scripts: { test: 'npm run check' } });
  });

  test('a gateway among the development dependencies moves to where a production install finds it', () => {
    const manifest = completed({ devDependencies: { 'noetl-gateway': '^1.0.0' } });
    expect(manifest['dependencies']).toEqual({ 'noetl-gateway': '^1.0.0' });
    expect(manifest['devDependencies']).not.toHaveProperty('noetl-gateway');
  });

  test.each(['', '[]', 'null', '{"name":'])('%j is no manifest', (text) => {
    expect(() => projectManifest('gateway', facts, text)).toThrow('package.json is not a JSON object');
  });
});
