import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { asProjectConfig, shippedConfig } from '../../../../generator/init.ts';

describe('the shipped config of a project', () => {
  it('imports from the package what the sources export to it, and nothing else', () => {
    const [block = ''] = /^import \{[^}]*\} from 'noetl-gateway';/.exec(shippedConfig()) ?? [];
    const names = [...block.matchAll(/^ {2}(\w+),$/gm)].map(([, name]) => name);
    expect(names).toContain('defineGateway');
    const exported = readFileSync('index.ts', 'utf8');
    for (const name of names) expect(exported).toMatch(new RegExp(`\\b${name}\\b`));
    expect(shippedConfig()).not.toMatch(/from '\.\/(?:gateway|plugins)/);
  });

  it('keeps the other imports and the rest', () => {
    const text = "import { a } from './index.ts';\nimport type { D } from './openapi/d.ts';\n\nexport default a;\n";
    expect(asProjectConfig(text)).toBe(text.replace("'./index.ts'", "'noetl-gateway'"));
  });

  it('is not made when an import would be left', () => {
    expect(() => asProjectConfig("import * as all from './gateway/x.ts';\n")).toThrow(TypeError);
  });

  it('a config that imports the package already stays as it is', () => {
    expect(asProjectConfig(shippedConfig())).toBe(shippedConfig());
  });
});
