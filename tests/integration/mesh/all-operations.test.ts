import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { isScalarType, buildSchema as parseSchema, validateSchema } from 'graphql';
import { describe, expect, it } from 'vitest';
import type { GatewayConfig } from '../../../gateway/config/gateway-config.ts';
import { buildSchema } from '../../../generator/build-schema.ts';
import { readShapes } from '../../../generator/document/operation-shape.ts';
import { printSorted } from '../../../generator/emit/schema-files.ts';
import { camelCase } from '../../../generator/openapi/names.ts';
import type { OpenApiDocument, Schema } from '../../../generator/openapi/open-api.ts';
import { authenticated } from '../../../plugins/noetl-auth/access/access-rule.ts';
import { withOperation } from '../../support/open-api.ts';

const documents = ['2.10.2', '2.37.2', '4.26'].map((version) => [
  version,
  `tests/fixtures/noetl/documents/noetl-${version}.json`,
]);

function everything(document: OpenApiDocument): GatewayConfig {
  const rows = readShapes(document).map(({ key, method, path }) => [
    camelCase(`${method} ${path.replaceAll('{', ' by ')}`),
    { upstream: key, access: authenticated(), acceptRisk: 'a test' },
  ]);
  return { roles: [], grants: [], operations: Object.fromEntries(rows) };
}

async function open(document: OpenApiDocument) {
  const { sdl } = await buildSchema(document, everything(document));
  const schema = parseSchema(printSorted(sdl));
  expect(validateSchema(schema)).toEqual([]);
  const roots = [schema.getQueryType(), schema.getMutationType()];
  return { schema, fields: roots.flatMap((root) => Object.keys(root?.getFields() ?? {})) };
}

describe('every operation at once', { timeout: 120_000 }, () => {
  it.each(documents)('of %s builds and validates', async (_version, path = '') => {
    const document = JSON.parse(readFileSync(path, 'utf8')) as OpenApiDocument;
    const { fields, schema } = await open(document);
    expect(fields.length).toBe(readShapes(document).length);
    const scalars = Object.values(schema.getTypeMap()).filter((type) => isScalarType(type));
    expect(scalars.map(({ name }) => name).sort()).toEqual([
      'BigInt',
      'Boolean',
      'DateTime',
      'Float',
      'ID',
      'Int',
      'JSON',
      'ObjMap',
      'String',
    ]);
    expect(Object.keys(schema.getTypeMap()).filter((name) => !/^(?:__)?[A-Z][A-Za-z0-9]*$/.test(name))).toEqual([]);
  });

  it('of the project’s own document builds and validates', async () => {
    const document = JSON.parse(readFileSync('openapi/noetl.json', 'utf8')) as OpenApiDocument;
    expect((await open(document)).fields.length).toBe(readShapes(document).length);
  });
});

const leaf = fc.constantFrom<Schema>(
  {},
  true,
  { type: 'string', format: 'uuid', title: 'Mutation' },
  { type: 'integer', format: 'int64' },
  { type: 'number', minimum: 0 },
  { enum: ['a b', 'true', null, '__x'] },
  { anyOf: [{ type: 'string' }, { type: 'integer' }], default: 'latest' },
  { type: ['string', 'null'], pattern: '^a$' },
  { const: 'text/plain' },
  { type: 'object', additionalProperties: true },
  { $ref: '#/components/schemas/Query' },
  { $ref: '#/components/schemas/Page[Item]' },
  { $ref: '#/components/schemas/Loop' },
);
const named = fc.dictionary(
  fc.constantFrom('id', 'run_id', 'runId', 'content-type', '__a', '1st', 'größe', 'type', 'input'),
  leaf,
  {
    minKeys: 1,
  },
);
const object = named.map((properties): Schema => ({ type: 'object', properties, required: Object.keys(properties) }));

describe('a document with odd habits', { timeout: 120_000 }, () => {
  it('builds and validates', async () => {
    await fc.assert(
      fc.asyncProperty(object, object, object, leaf, async (query, page, body, parameter) => {
        const document = withOperation(
          {
            parameters: [
              { name: 'thing_id', in: 'path', required: true, schema: {} },
              { name: 'filter[x]', in: 'query', content: { 'application/json': { schema: parameter } } },
            ],
            requestBody: { content: { 'application/json': { schema: body } } },
            responses: {
              '200': { content: { 'application/json': { schema: { $ref: '#/components/schemas/Query' } } } },
            },
          },
          {
            Query: query,
            'Page[Item]': { type: 'array', items: page },
            Loop: { anyOf: [{ type: 'array', items: { $ref: '#/components/schemas/Loop' } }, { type: 'null' }] },
          },
        );
        expect((await open(document)).fields).toHaveLength(1);
      }),
      { numRuns: 40 },
    );
  });
});
