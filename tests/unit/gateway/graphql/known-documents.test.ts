import { parse } from 'graphql';
import { expect, test } from 'vitest';
import { createDocumentCaches } from '../../../../gateway/graphql/document-caches.ts';
import { createKnownDocuments } from '../../../../gateway/graphql/known-documents.ts';

const text = '{ __typename }';

test('a document is known when it was validated, for as long as it is cached', () => {
  const caches = createDocumentCaches();
  const known = createKnownDocuments(caches);
  const document = parse(text);
  known.add(document);
  expect(known.of(text)).toBeUndefined();
  caches.documentCache.set(text, document);
  expect(known.of(text)).toBe(document);
  caches.documentCache.delete(text);
  expect(known.of(text)).toBeUndefined();
});

test('a document that was only parsed is not known', () => {
  const caches = createDocumentCaches();
  caches.documentCache.set(text, parse(text));
  expect(createKnownDocuments(caches).of(text)).toBeUndefined();
});
