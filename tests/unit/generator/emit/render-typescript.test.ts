import { StructureKind } from 'ts-morph';
import { expect, test } from 'vitest';
import { renderTypescript, type Statement } from '../../../../generator/emit/render-typescript.ts';

const interfaceOf = (n: number): Statement => ({ kind: StructureKind.Interface, name: `I${n}`, isExported: true });
const alias = (n: number): Statement => ({ kind: StructureKind.TypeAlias, name: `A${n}`, type: 'string' });

test('many statements are printed as a few are', () => {
  const statements = Array.from({ length: 1_200 }, (_, n) => (n % 600 > 490 ? alias(n) : interfaceOf(n)));
  const text = renderTypescript('a test', [statements]);
  expect(text.match(/interface I\d+|type A\d+/g)).toHaveLength(statements.length);
  expect(text).not.toMatch(/\n\n\n/);
  // Interfaces are separated by a blank line, and aliases are not, wherever they are.
  expect(text).not.toMatch(/\}\nexport interface/);
  expect(text.match(/;\n\ntype A/g)).toBeNull();
});
