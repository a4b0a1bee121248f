import { parse, validate } from 'graphql';
import { expect, test } from 'vitest';
import { emitPolicyPage } from '../../../generator/emit/policy-page.ts';
import { emitReferencePage } from '../../../generator/emit/reference-page.ts';
import { emitInput } from '../../support/emit-input.ts';

test.each([
  { emit: emitPolicyPage, path: 'docs/generated/policy.md', file: './policy.md' },
  { emit: emitReferencePage, path: 'docs/generated/schema.md', file: './schema.md' },
])('$path of a small gateway', async ({ emit, path, file }) => {
  const [page] = await emit(emitInput());
  expect(page?.path).toBe(path);
  await expect(page?.content).toMatchFileSnapshot(file);
});

test('every example of the reference is a valid operation', async () => {
  const input = emitInput();
  const [page] = await emitReferencePage(input);
  const examples = [...(page?.content ?? '').matchAll(/```graphql\n([\s\S]*?)```/g)].map(([, text]) => text ?? '');
  expect(examples).toHaveLength(input.operations.length);
  for (const example of examples) expect(validate(input.schema, parse(example))).toEqual([]);
});
