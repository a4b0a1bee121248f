import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { upstreamDiff } from '../../../../generator/diff/upstream-diff.ts';
import { openRecord } from '../../../../generator/lock/gateway-lock.ts';
import { reachableSchemas } from '../../../../generator/openapi/map-schemas.ts';
import { listOperations, type OpenApiDocument } from '../../../../generator/openapi/open-api.ts';
import { meaningful, meaningless, mutated } from '../../../support/document-mutations.ts';

const document: OpenApiDocument = JSON.parse(readFileSync('openapi/noetl.json', 'utf8'));

/** Every operation in a document of its own, which compares fast. */
const singles = listOperations(document).map(({ key, path, method, operation }) => {
  const paths = { [path]: { [method.toLowerCase()]: operation } };
  const single: OpenApiDocument = {
    openapi: document.openapi,
    info: { title: 'NoETL', version: '1' },
    paths,
    components: { schemas: reachableSchemas(document, paths) },
  };
  return { key, single };
});

const changesOf = (before: OpenApiDocument, after: OpenApiDocument) => upstreamDiff({ before, after });

/** What `generate` would compare when the operation is open. */
const recordOf = (single: OpenApiDocument, key: string) =>
  openRecord(single, [], { names: { open: { operation: key, args: {}, answer: '', shape: '' } } });

describe(`changes of ${singles.length} operations`, () => {
  test('there are enough kinds of them', () => {
    expect(new Set(meaningful.map(({ name }) => name)).size).toBe(meaningful.length);
    expect(meaningful.length).toBeGreaterThanOrEqual(80);
  });

  test.each(meaningful)('$name', (mutation) => {
    const applied = singles.flatMap(({ key, single }) => {
      const after = mutated(single, mutation);
      return after === undefined ? [] : [{ key, single, after }];
    });
    expect(applied.length).toBeGreaterThan(0);
    const silent = applied.filter(({ single, after }) => changesOf(single, after).length === 0);
    expect(silent.map(({ key }) => key)).toEqual([]);
    // A few of them for what generate compares, which is a part of the same.
    const inGenerate = applied
      .slice(0, 5)
      .filter(({ key, single, after }) => changesOf(recordOf(single, key), recordOf(after, key)).length === 0);
    expect(inGenerate.map(({ key }) => key)).toEqual([]);
  });

  test.each(meaningless)('$name means nothing: $why', (mutation) => {
    const said = singles.flatMap(({ single }) => {
      const after = mutated(single, mutation);
      return after === undefined ? [] : changesOf(single, after);
    });
    expect(said).toEqual([]);
  });
});
