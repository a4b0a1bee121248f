import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { buildSchema } from '../../../../generator/build-schema.ts';
import { documentHash } from '../../../../generator/document/document-hash.ts';
import type { OpenApiDocument } from '../../../../generator/openapi/open-api.ts';
import { pull } from '../../../../generator/pull/pull.ts';
import { readLock } from '../../../../generator/pull/pulled-files.ts';
import { authenticated } from '../../../../plugins/noetl-auth/access/access-rule.ts';
import { serveOnLoopback } from '../../../support/loopback-server.ts';

const operation = { responses: { '200': { description: 'Fine.', content: { 'application/json': { schema: {} } } } } };
const document = {
  openapi: '3.1.0',
  info: { title: 'NoETL', version: '9.9', description: 'Long.' },
  servers: [{ url: 'http://inside.example.com' }],
  paths: {
    '/api/things': {
      get: {
        operationId: 'same',
        summary: 'Things',
        parameters: [
          { name: 'page_size', in: 'query', description: 'Rows.', schema: { type: 'integer', title: 'Page' } },
        ],
        ...operation,
      },
      post: {
        operationId: 'same',
        requestBody: { content: { 'application/json': { schema: { $ref: '#/components/schemas/Thing' } } } },
        responses: {
          '201': {
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
        title: 'Thing',
        properties: {
          title: { type: 'string', example: 'x' },
          description: { type: 'string' },
          self: { $ref: '#/components/schemas/Thing' },
        },
      },
    },
  },
};
const now = () => new Date('2026-01-02T03:04:05Z');

let projectDir = '';
beforeEach(() => {
  projectDir = mkdtempSync(join(tmpdir(), 'pull-'));
});

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function serve(handler: RequestListener): Promise<string> {
  const { url, close } = await serveOnLoopback(handler);
  closers.push(close);
  return new URL(url).host;
}

const json =
  (value: unknown): RequestListener =>
  (_request, response) =>
    response.end(JSON.stringify(value));
const written = (path: string): string => readFileSync(join(projectDir, path), 'utf8');
const save = (name: string, text: string): string => {
  writeFileSync(join(projectDir, name), text);
  return name;
};

describe('pull', () => {
  it('writes the document without prose, its types and its lock', async () => {
    const { lock, changed } = await pull(save('given.json', JSON.stringify(document)), { projectDir, now });
    expect(changed).toEqual(['openapi/noetl.json', 'openapi/noetl.types.ts', 'openapi/noetl.lock.json']);
    const kept = JSON.parse(written('openapi/noetl.json'));
    expect(kept.components.schemas.Thing.properties).toEqual({
      description: { type: 'string' },
      self: { $ref: '#/components/schemas/Thing' },
      title: { type: 'string' },
    });
    expect(JSON.stringify(kept)).not.toMatch(/Long\.|Rows\.|Fine\.|Things|inside/);
    expect(written('openapi/noetl.types.ts')).toContain(
      "  'POST /api/things': {\n    args: 'description' | 'self' | 'title';\n    fields: 'description' | 'self' | 'self.description' | 'self.self' | 'self.title' | 'title';\n  };",
    );
    expect(lock).toEqual({
      source: 'given.json',
      upstreamVersion: '9.9',
      operations: 2,
      date: '2026-01-02T03:04:05.000Z',
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      apiSha256: documentHash(document as OpenApiDocument),
    });
    expect(await readLock(projectDir)).toEqual(lock);
  });

  it('separates releases by a label', async () => {
    const { lock } = await pull(save('given.json', JSON.stringify(document)), { projectDir, now, label: 'v4.27.0' });
    expect(lock.label).toBe('v4.27.0');
    expect((await readLock(projectDir))?.label).toBe('v4.27.0');
  });

  it('takes shared parts that refer to names GraphQL cannot have, long chains of references, and a schema called constructor', async () => {
    const chain = Object.fromEntries(
      Array.from({ length: 60 }, (_, index) => [
        `P${index}`,
        index === 59
          ? { name: 'page', in: 'query', schema: { $ref: '#/components/schemas/constructor' } }
          : { $ref: `#/components/parameters/P${index + 1}` },
      ]),
    );
    const answer = {
      description: '',
      content: { 'application/json': { schema: { $ref: '#/components/schemas/Page[Item]' } } },
    };
    const shared = {
      openapi: '3.1.0',
      info: { title: 'NoETL', version: '1' },
      paths: {
        '/api/things': {
          get: {
            parameters: [{ $ref: '#/components/parameters/P0' }],
            responses: { '200': { $ref: '#/components/responses/Items' } },
          },
        },
      },
      components: {
        parameters: chain,
        responses: { Items: answer, 'not-used': answer },
        schemas: {
          'Page[Item]': { type: 'object', properties: { items: { type: 'array', items: { type: 'string' } } } },
          constructor: { type: 'object', properties: { size: { type: 'integer' } } },
        },
      },
    };
    const { document: taken } = await pull(save('given.json', JSON.stringify(shared)), { projectDir, now });
    const { schema } = await buildSchema(taken, {
      operations: { things: { upstream: 'GET /api/things', access: authenticated() } },
      roles: [],
      grants: [],
    });
    expect(
      schema
        .getQueryType()
        ?.getFields()
        ['things']?.args.map((arg) => `${arg.name}: ${arg.type}`),
    ).toEqual([expect.stringMatching(/^page: \w*constructor\w*$/i)]);
  }, 60_000);

  it('writes the same bytes for YAML, and for keys in another order', async () => {
    await pull(save('a.json', JSON.stringify(document)), { projectDir, now });
    const first = written('openapi/noetl.json');
    const { components, paths, ...rest } = document;
    await pull(save('b.yaml', stringify({ paths, ...rest, components })), { projectDir, now });
    expect(written('openapi/noetl.json')).toBe(first);
  });

  it('changes nothing when the same is pulled later', async () => {
    const source = save('a.json', JSON.stringify(document));
    await pull(source, { projectDir, now });
    const { changed, lock } = await pull(source, { projectDir });
    expect(changed).toEqual([]);
    expect(lock.date).toBe('2026-01-02T03:04:05.000Z');
  });

  it('keeps the prose when asked', async () => {
    await pull(save('a.json', JSON.stringify(document)), { projectDir, keepDocs: true });
    expect(written('openapi/noetl.json')).toContain('Rows.');
  });

  it('works without and with odd operation ids and component names', async () => {
    const odd = structuredClone(document) as unknown as {
      paths: object;
      components: { schemas: Record<string, object> };
    };
    odd.paths = { '/api/x': { get: operation } };
    odd.components.schemas['Page[Thing]'] = { type: 'object' };
    const { lock } = await pull(save('a.json', JSON.stringify(odd)), { projectDir });
    expect(lock.operations).toBe(1);
  });

  it.each<[string, string, string, RegExp]>([
    ['nothing', '', 'ERR_SPEC_INVALID', /empty/],
    ['a text', 'hello', 'ERR_SPEC_INVALID', /not an object/],
    [
      'a document that is cut off',
      JSON.stringify(document).slice(0, 300),
      'ERR_SPEC_INVALID',
      /not JSON.*line 1, column/,
    ],
    ['a YAML that is cut off', 'openapi: "3.1.0"\npaths: {a: [', 'ERR_SPEC_INVALID', /not YAML.*line/],
    ['a bomb of aliases', `{a: &a [x], b: &b [${'*a,'.repeat(200)}]}`, 'ERR_SPEC_INVALID', /not usable YAML/],
    [
      'too many levels',
      `{"openapi": "3.1.0", "components": {"schemas": {"A": ${'{"items":'.repeat(20_000)}{}${'}'.repeat(20_002)}, "paths": {"/a": {"get": {}}}}`,
      'ERR_SPEC_INVALID',
      /too deeply/,
    ],
    ['two keys of one name', 'openapi: 3.1.0\npaths: {}\npaths: {}', 'ERR_SPEC_INVALID', /not YAML.*unique/],
    ['something else', '{"hello": 1}', 'ERR_SPEC_INVALID', /#\/openapi: missing/],
    ['version 2', '{"swagger": "2.0", "paths": {}}', 'ERR_SPEC_UNSUPPORTED', /version 2\.0/],
    ['version 4', '{"openapi": "4.0.0", "paths": {}}', 'ERR_SPEC_UNSUPPORTED', /version 4\.0\.0/],
    [
      'no paths',
      '{"openapi": "3.1.0", "info": {"title": "x", "version": "1"}}',
      'ERR_SPEC_INVALID',
      /#\/paths: missing/,
    ],
    ['zero paths', JSON.stringify({ ...document, paths: {} }), 'ERR_SPEC_INVALID', /no operations/],
    [
      'a reference that leads nowhere',
      JSON.stringify({
        ...document,
        components: { schemas: { Thing: { properties: { a: { $ref: '#/components/schemas/Gone' } } } } },
      }),
      'ERR_SPEC_INVALID',
      /#\/components\/schemas\/Thing\/properties\/a: the reference .*Gone” leads nowhere/,
    ],
    [
      'a reference to a file',
      JSON.stringify({ ...document, components: { schemas: { Thing: { $ref: '/etc/hostname' } } } }),
      'ERR_SPEC_INVALID',
      /Thing: the reference .* leads out of the document/,
    ],
    [
      'a part of the wrong type',
      JSON.stringify({ ...document, paths: { '/a': { get: operation }, '/b/{x}': { get: { responses: 'none' } } } }),
      'ERR_SPEC_INVALID',
      /^#\/paths\/~1b~1\{x\}\/get\/responses: /m,
    ],
    [
      'a path without its slash',
      JSON.stringify({ ...document, paths: { 'api/x': { get: operation } } }),
      'ERR_SPEC_INVALID',
      /^#\/paths\/api~1x: /m,
    ],
    [
      'a part that is wrong',
      JSON.stringify({ ...document, paths: { '/api/{x}': { get: operation } } }),
      'ERR_SPEC_INVALID',
      /\/api\/\{x\}/,
    ],
  ])('refuses %s, naming the place, and leaves the old files', async (_name, text, code, want) => {
    await pull(save('good.json', JSON.stringify(document)), { projectDir, now });
    const before = written('openapi/noetl.json');
    const failed = pull(save('bad', text), { projectDir });
    await expect(failed).rejects.toMatchObject({ code });
    await failed.catch((error) => expect(error.problems.join('\n')).toMatch(want));
    expect(written('openapi/noetl.json')).toBe(before);
    expect(readdirSync(join(projectDir, 'openapi')).length).toBe(3);
  });

  it('takes a document with circles, and one with ten thousand operations', async () => {
    const paths = Object.fromEntries(
      Array.from({ length: 10_000 }, (_, index) => [`/api/x${index}`, { get: operation }]),
    );
    const circular = { A: { $ref: '#/components/schemas/B' }, B: { $ref: '#/components/schemas/A' } };
    const { lock } = await pull(
      save('big.json', JSON.stringify({ ...document, paths, components: { schemas: circular } })),
      {
        projectDir,
      },
    );
    expect(lock.operations).toBe(10_000);
  }, 60_000);
});

describe('pull from a server', () => {
  it('follows redirects and reports its progress, and forgets credentials and query', async () => {
    const seen: (string | undefined)[] = [];
    const other = await serve((request, response) => {
      seen.push(request.headers.authorization);
      json(document)(request, response);
    });
    const host = await serve((request, response) => {
      seen.push(request.headers.authorization);
      response
        .writeHead(302, { location: request.url === '/openapi.json?key=1' ? '/next' : `http://${other}/doc` })
        .end();
    });
    const progress: number[] = [];
    const { lock } = await pull(`http://user:secret@${host}/openapi.json?key=1`, {
      projectDir,
      onProgress: (received) => progress.push(received),
    });
    expect(lock.source).toBe(`http://${host}/openapi.json`);
    expect(progress.at(-1)).toBe(JSON.stringify(document).length);
    const basic = `Basic ${Buffer.from('user:secret').toString('base64')}`;
    expect(seen).toEqual([basic, basic, undefined]);
    expect(written('openapi/noetl.lock.json')).not.toMatch(/secret|key=1/);
  });

  it.each<[string, RequestListener, RegExp]>([
    ['a status', (_request, response) => response.writeHead(503).end(), /answers 503/],
    [
      'a circle',
      (_request, response) => response.writeHead(302, { location: '/again' }).end(),
      /more than 2 redirects/,
    ],
    [
      'a way to a file',
      (_request, response) => response.writeHead(302, { location: 'file:///etc/passwd' }).end(),
      /away from http/,
    ],
    ['too much', (_request, response) => response.end(Buffer.alloc(70_000, ' ')), /larger than 65536 bytes/],
    ['silence', () => {}, /within 300 ms/],
  ])('gives up on %s', async (_name, handler, want) => {
    const host = await serve(handler);
    const limits = { timeoutMs: 300, maxBytes: 65_536, maxRedirects: 2 };
    const failed = pull(`http://${host}/openapi.json`, { projectDir, ...limits });
    await expect(failed).rejects.toMatchObject({ code: 'ERR_SPEC_INVALID', message: 'The document cannot be read.' });
    await failed.catch((error) => expect(error.problems.join()).toMatch(want));
    expect(readdirSync(projectDir)).toEqual([]);
  });

  it('reports a missing file', async () => {
    await expect(pull('gone.json', { projectDir })).rejects.toMatchObject({
      problems: [expect.stringMatching(/^gone\.json: there is no such file\. Name a file, or an address/)],
    });
  });
});
