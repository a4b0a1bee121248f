import { describe, expect, test } from 'vitest';
import { buildSchema } from '../../../generator/build-schema.ts';
import { publicProse } from '../../../generator/document/prose.ts';
import { printSorted } from '../../../generator/emit/schema-files.ts';
import type { OpenApiDocument } from '../../../generator/openapi/open-api.ts';
import { configOf } from '../../support/foreign-gateway.ts';

describe('public prose', () => {
  test.each<[string, unknown, string | undefined]>([
    ['a sentence', 'Lists what runs.', 'Lists what runs.'],
    ['the first paragraph', 'Lists\nwhat runs.\n\nMore.', 'Lists what runs.'],
    ['sections for programmers', 'Lists what runs.\nArgs:\n  x: y', 'Lists what runs.'],
    ['code', 'Lists.```py\nx```', 'Lists.'],
    ['an address', 'Lists. Calls http://noetl.internal/x first. Fast.', 'Lists. Fast.'],
    ['a host of the cluster', 'Talks to noetl.svc here.', undefined],
    ['a module', 'See noetl.server.api for more. Lists.', 'Lists.'],
    ['a file', 'Lists. Reads /etc/noetl/conf.yaml too.', 'Lists.'],
    ['what stands behind it', 'Stored in Postgres.', undefined],
    ['SQL', 'Runs SELECT id FROM event.', undefined],
    ['secrets', 'Needs the api key. Lists.', 'Lists.'],
    ['work that is left', 'TODO: page it. Lists.', 'Lists.'],
    ['no text', 7, undefined],
    ['a long text', 'a'.repeat(600), `${'a'.repeat(499)}…`],
  ])('%s', (_name, given, want) => expect(publicProse(given)).toBe(want));

  const document: OpenApiDocument = {
    openapi: '3.1.0',
    paths: {
      '/things': {
        get: {
          summary: 'Things.',
          description: 'All things. Read from redis.',
          deprecated: true,
          parameters: [{ name: 'q', in: 'query', description: 'Words.', deprecated: true, schema: { type: 'string' } }],
          responses: {
            '200': {
              description: '',
              content: { 'application/json': { schema: { $ref: '#/components/schemas/Thing' } } },
            },
          },
        },
      },
    },
    components: {
      schemas: {
        Thing: {
          type: 'object',
          description: 'A thing.',
          properties: { a: { type: 'string', description: 'Its a. Kept in nats.' } },
        },
      },
    },
  };

  test('is shown where the config asks for it; the config’s own words come first; deprecations are always shown', async () => {
    const sdlOf = async (more: object, row: object = {}) =>
      printSorted((await buildSchema(document, configOf({ things: { upstream: 'GET /things', ...row } }, more))).sdl);
    const shown = await sdlOf({ schema: { descriptions: 'document' } });
    expect(shown).toContain(
      '"All things."\n  things(\n    "Words."\n    q: String @deprecated(reason: "NoETL has deprecated it.")',
    );
    expect(shown).toContain('"A thing."\ntype Thing {\n  "Its a."\n  a: String');
    const silent = await sdlOf({});
    expect(silent).not.toMatch(/All things|A thing|Its a|Words/);
    expect(silent).toContain('@deprecated(reason: "NoETL has deprecated it.")');
    expect(await sdlOf({ schema: { descriptions: 'document' } }, { description: 'Mine.' })).toContain(
      '"Mine."\n  things',
    );
  });
});
