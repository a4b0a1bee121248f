import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { nodeProblem } from '../../../cli/node-problem.ts';

describe('the Node that runs the program', () => {
  test.each(['22.19.0', '22.20.1', '24.0.0', '25.0.0-nightly'])('%s is new enough', (version) => {
    expect(nodeProblem(version)).toBeUndefined();
  });

  test.each(['18.20.8', '20.20.2', '22.18.9', '', 'x'])('%j is not', (version) => {
    expect(nodeProblem(version)).toMatch(/Node .* is needed/);
  });

  test('is the one that the manifest asks for', () => {
    const { engines } = JSON.parse(readFileSync('package.json', 'utf8')) as { engines: { node: string } };
    expect(nodeProblem('0.0.0')).toContain(`Node ${engines.node.replace('>=', '')} or newer`);
  });

  test('is looked at before anything that an older one cannot load', () => {
    const imports = readFileSync('cli/main.ts', 'utf8').match(/^import .*$/gm);
    expect(imports).toEqual([
      "import process from 'node:process';",
      "import { nodeProblem } from './node-problem.ts';",
    ]);
    expect(readFileSync('cli/node-problem.ts', 'utf8')).not.toMatch(/^import /m);
  });
});
