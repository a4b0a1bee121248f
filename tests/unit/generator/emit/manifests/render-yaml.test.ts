import { expect, test } from 'vitest';
import { yamlFile } from '../../../../../generator/emit/manifests/render-yaml.ts';

test('a header, the usual keys first, the rest sorted, long lines whole', () => {
  const long = 'word '.repeat(60).trim();
  const { path, content } = yamlFile(
    'a/b.yaml',
    { spec: { z: long, name: 'n', b: '8090' }, kind: 'K', apiVersion: 'v1' },
    ['More.'],
  );
  expect(path).toBe('a/b.yaml');
  expect(content).toBe(
    `${[
      '# Generated from gateway.config.ts by `noetl-gateway generate` (`npm run generate`).',
      '# Do not edit: change gateway.config.ts, or lay an overlay on top.',
      '# More.',
      '',
      'apiVersion: v1',
      'kind: K',
      'spec:',
      '  name: n',
      '  b: "8090"',
      `  z: ${long}`,
    ].join('\n')}\n`,
  );
});

test('the same value twice is written twice, not as an alias', () => {
  const shared = { a: 1 };
  expect(yamlFile('x', { one: shared, two: shared }).content).not.toMatch(/[&*]a1/);
});
