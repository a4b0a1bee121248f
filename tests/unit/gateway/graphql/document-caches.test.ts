import { parse } from 'graphql';
import { expect, it } from 'vitest';
import { createDocumentCaches } from '../../../../gateway/graphql/compiled-operations.ts';

const mebibyte = 1024 * 1024;

it('keeps documents in a bounded number of bytes, however many differ in a comment', () => {
  const { documentCache } = createDocumentCaches();
  const comment = `# ${'x'.repeat(30_000)}`;
  for (let i = 0; i < 400; i += 1) {
    const text = `{ __typename } ${comment} ${i}`;
    documentCache.set(text, parse(text));
  }
  expect(documentCache.calculatedSize).toBeLessThanOrEqual(16 * mebibyte);
  expect(documentCache.size).toBeLessThan(300);
});

it('counts what a document takes when it is parsed, not its text alone', () => {
  const { documentCache } = createDocumentCaches();
  const text = `{ ${'a '.repeat(900)} }`;
  documentCache.set(text, parse(text));
  expect(documentCache.has(text)).toBe(false);
  documentCache.set('{ a }', parse('{ a }'));
  expect(documentCache.has('{ a }')).toBe(true);
  expect(documentCache.calculatedSize).toBeGreaterThan(1_500);
});

it('keeps errors of parsing in a bounded number of bytes', () => {
  const { errorCache } = createDocumentCaches();
  for (let i = 0; i < 2_000; i += 1) errorCache.set(`${'x'.repeat(2_000)}${i}`, new Error('no'));
  expect(errorCache.calculatedSize).toBeLessThanOrEqual(mebibyte);
});
