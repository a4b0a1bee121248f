import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { documentHash } from '../../../../generator/document/document-hash.ts';
import { listOperations, type OpenApiDocument } from '../../../../generator/openapi/open-api.ts';
import { meaningful, mutated } from '../../../support/document-mutations.ts';

// biome-ignore lint/suspicious/noExplicitAny: tests reach anywhere into a document.
type Node = any;

const text = readFileSync('openapi/noetl.json', 'utf8');
const pulled: OpenApiDocument = JSON.parse(text);
const changed = (change: (document: Node) => void): OpenApiDocument => {
  const copy: Node = JSON.parse(text);
  change(copy);
  return copy;
};

describe('two documents of one API have one hash', () => {
  test.each<[string, (document: Node) => void]>([
    ['another release number', (document) => (document.info.version = '9')],
    ['descriptions', (document) => (document.paths['/api/executions'].get.description = 'another')],
    ['names of operations', (document) => (document.paths['/api/executions'].get.operationId = 'another')],
    [
      'a default that is written out',
      (document) => (document.components.schemas.ExecuteRequest.additionalProperties = true),
    ],
    ['a mark that is written out', (document) => (document.paths['/api/executions'].get.deprecated = false)],
    ['the order of a set', (document) => document.components.schemas.ExecutionEntryResponse.required.reverse()],
    [
      'the order of keys',
      (document) => (document.paths = Object.fromEntries(Object.entries(document.paths).toReversed())),
    ],
    [
      'what an error says',
      (document) => (document.components.schemas.ValidationError.properties.ctx = { type: 'object' }),
    ],
    ['a schema that nothing refers to', (document) => (document.components.schemas.Unused = { type: 'string' })],
    ['the host of a server', (document) => (document.servers = [{ url: 'https://noetl.example.com' }])],
  ])('%s', (_name, change) => {
    expect(documentHash(changed(change))).toBe(documentHash(pulled));
  });

  test('a property that is called like a word of OpenAPI is a property', () => {
    const withProperty = changed((document) => {
      document.components.schemas.ExecuteRequest.properties = { deprecated: false, title: { type: 'string' } };
    });
    const without = changed(
      (document) => (document.components.schemas.ExecuteRequest.properties = { deprecated: false }),
    );
    expect(documentHash(withProperty)).not.toBe(documentHash(without));
  });
});

describe('a change that a caller notices changes the hash', () => {
  const [operation] = listOperations(pulled).filter(({ key }) => key === 'POST /api/catalog/list');
  const single: OpenApiDocument = { ...pulled, paths: { '/api/catalog/list': { post: operation?.operation } } };

  test.each(meaningful.filter(({ name }) => !/error|^answer: one more status/.test(name)))('$name', (mutation) => {
    const after = mutated(single, mutation);
    if (after !== undefined) expect(documentHash(after)).not.toBe(documentHash(single));
  });
});
