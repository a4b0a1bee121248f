import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normalise } from '../../../../generator/normalise/normalise.ts';
import { structureRules } from '../../../../generator/normalise/structure-rules.ts';
import { typeRules } from '../../../../generator/normalise/type-rules.ts';
import type { OpenApiDocument, Schema } from '../../../../generator/openapi/open-api.ts';
import { withOperation } from '../../../support/open-api.ts';

const allRules = [...structureRules, ...typeRules];
const names = ['id', 'run_id', 'event_ids', 'path', 'content-type', '__x', 'title', 'properties', 'default', 'Query'];
const components = ['A', 'B', 'Query', 'Page[Item]', '__C'];

const schema = fc.letrec<{ schema: Schema }>((tie) => ({
  schema: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom<Schema>({}, true, { type: 'string' }, { type: 'integer' }, { type: 'null' }, { type: 'object' }),
    fc.constantFrom<Schema>({ const: 1 }, { enum: ['a b', null] }, { type: ['string', 'null'], default: null }),
    fc.constantFrom<Schema>(
      { type: 'integer', maximum: 2 ** 60, title: 'T' },
      { type: 'string', format: 'date', default: 3 },
    ),
    fc.constantFrom(...components).map((name): Schema => ({ $ref: `#/components/schemas/${name}`, description: 'x' })),
    fc.array(tie('schema'), { maxLength: 3 }).map((anyOf): Schema => ({ anyOf })),
    fc.array(tie('schema'), { maxLength: 3 }).map((allOf): Schema => ({ allOf })),
    tie('schema').map((items): Schema => ({ type: 'array', items })),
    fc
      .record({
        properties: fc.dictionary(fc.constantFrom(...names), tie('schema'), { maxKeys: 4 }),
        required: fc.subarray(names),
        additionalProperties: tie('schema'),
      })
      .map((parts): Schema => ({ type: 'object', ...parts })),
  ),
})).schema;

const documents = fc
  .record({
    schemas: fc.record(Object.fromEntries(components.map((name) => [name, schema]))),
    answer: schema,
    body: schema,
    parameter: schema,
  })
  .map(
    ({ schemas, answer, body, parameter }): OpenApiDocument =>
      withOperation(
        {
          parameters: [{ name: 'run_id', in: 'query', schema: parameter }],
          requestBody: { content: { 'application/json': { schema: body } } },
          responses: { '201': { description: 'made', content: { 'application/json': { schema: answer } } } },
        },
        schemas,
      ),
  );

describe('normalise', () => {
  it('changes nothing when it is applied again', () => {
    fc.assert(
      fc.property(documents, (given) => {
        const once = normalise(given, allRules).document;
        const again = normalise(once, allRules);
        expect(again.document).toEqual(once);
        expect(again.changes.filter(({ changes }) => changes > 0)).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it('never changes the document that it was given', () => {
    fc.assert(
      fc.property(documents, (given) => {
        const before = structuredClone(given);
        normalise(given, allRules);
        expect(given).toEqual(before);
      }),
      { numRuns: 100 },
    );
  });

  it('has rules of different names', () => {
    const rules = [...structureRules, ...typeRules].map(({ name }) => name);
    expect(new Set(rules).size).toBe(rules.length);
  });

  it.each(['2.10.2', '2.37.2', '4.26'])('%s', (version) => {
    const given = JSON.parse(
      readFileSync(`tests/fixtures/noetl/documents/noetl-${version}.json`, 'utf8'),
    ) as OpenApiDocument;
    const once = normalise(given, allRules).document;
    expect(normalise(once, allRules).document).toEqual(once);
  });
});
