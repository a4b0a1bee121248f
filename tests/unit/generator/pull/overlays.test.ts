import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { plainWords } from '../../../../generator/pull/check-document.ts';
import { applyOverlays } from '../../../../generator/pull/parse-document.ts';
import { pull } from '../../../../generator/pull/pull.ts';
import { temporaryFolder } from '../../../support/project.ts';

const document = {
  openapi: '3.1.0',
  info: { title: 'a', version: '1' },
  paths: {
    '/a': {
      get: {
        parameters: [
          { name: 'x', in: 'query', schema: {} },
          { name: 'y', in: 'cookie', required: true, schema: {} },
        ],
        responses: { '200': {} },
      },
    },
  },
};
const overlay = (...actions: object[]) => ({ name: 'fix.yaml', value: { overlay: '1.0.0', actions } });

describe('applyOverlays', () => {
  test('merges, appends, replaces and removes, in order, and leaves the document alone', () => {
    const before = structuredClone(document);
    const made = applyOverlays(document, [
      overlay(
        { target: "$.paths['/a'].get.responses['200']", update: { description: 'ok' } },
        { target: '$.paths[*][*].parameters', update: { name: 'z', in: 'query' } },
        { target: "$..parameters[?@.in == 'cookie']", remove: true },
        { target: '$.info.title', update: 'b' },
      ),
      overlay({ target: '$', update: { tags: [{ name: 't' }] } }),
    ]) as typeof document;
    expect(made.paths['/a'].get.responses['200']).toEqual({ description: 'ok' });
    expect(made.paths['/a'].get.parameters.map(({ name }) => name)).toEqual(['x', 'z']);
    expect(made).toMatchObject({ info: { title: 'b' }, tags: [{ name: 't' }] });
    expect(document).toEqual(before);
  });

  test.each([
    [
      'a place that the document lacks',
      overlay({ target: '$.gone', remove: true }),
      /^fix\.yaml: actions\[0\]: the document has nothing at \$\.gone$/,
    ],
    ['no JSONPath', overlay({ target: '$[' }), /actions\[0\]: the target is not JSONPath/],
    ['no overlay', { name: 'fix.yaml', value: {} }, /not an OpenAPI Overlay/],
  ])('%s stops it', (_name, given, problem) => {
    expect(() => applyOverlays(document, [given])).toThrowError(
      expect.objectContaining({ code: 'ERR_SPEC_INVALID', problems: [expect.stringMatching(problem)] }),
    );
  });

  test('no member becomes the prototype', () => {
    const value = JSON.parse(
      '{"overlay":"1.0.0","actions":[{"target":"$.info","update":{"__proto__":{"polluted":1}}}]}',
    );
    const made = applyOverlays(document, [{ name: 'x', value }]) as typeof document;
    expect(Object.getPrototypeOf(made.info)).toBe(Object.prototype);
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });
});

describe('pull', () => {
  let folder = temporaryFolder();
  beforeEach(() => {
    folder = temporaryFolder();
  });
  afterEach(() => folder.remove());

  test('repairs an invalid document, and the lock says with what; drift is measured against the server’s own', async () => {
    writeFileSync(join(folder.path, 'raw.json'), JSON.stringify(document));
    writeFileSync(
      join(folder.path, 'fix.yaml'),
      "overlay: 1.0.0\ninfo: { title: fix, version: '1' }\nactions:\n  - target: $.paths['/a'].get.responses['200']\n    update: { description: ok }\n",
    );
    const options = { projectDir: folder.path, now: () => new Date(0) };
    await expect(pull('raw.json', options)).rejects.toMatchObject({
      problems: [expect.stringContaining('the member description is missing')],
    });
    const { lock } = await pull('raw.json', { ...options, overlays: ['fix.yaml'] });
    expect(lock.overlays).toEqual(['fix.yaml']);
    expect(readFileSync(join(folder.path, 'openapi/noetl.lock.json'), 'utf8')).toContain('"fix.yaml"');
    // The lock is committed, so it has the path as seen from the project.
    const absolute = await pull('raw.json', { ...options, overlays: [join(folder.path, 'fix.yaml')] });
    expect(absolute.lock.overlays).toEqual(['fix.yaml']);
    await expect(pull('raw.json', { ...options, overlays: ['gone.yaml'] })).rejects.toMatchObject({
      problems: ['gone.yaml: there is no such file'],
    });
  });
});

test('pull takes what only parts that nothing reads refer to', async () => {
  const folder = temporaryFolder();
  const ok = {
    description: 'ok',
    headers: { Next: { $ref: '#/components/headers/Next' } },
    content: {
      'application/json': {
        schema: { type: 'object', example: { $ref: '#/components/examples/E' } },
        examples: { a: { $ref: '#/components/examples/E' } },
      },
    },
  };
  const given = {
    ...document,
    paths: {
      '/a': {
        get: {
          responses: { '200': ok },
          'x-changes': [{ responses: { '422': { $ref: '#/components/responses/R' } } }],
        },
      },
    },
    'x-webhooks': { w: { post: { responses: { '422': { $ref: '#/components/responses/R' } } } } },
    components: {
      examples: { E: { value: 1 } },
      headers: { Next: { schema: { type: 'string' } } },
      responses: { R: { description: 'r' } },
    },
  };
  writeFileSync(join(folder.path, 'raw.json'), JSON.stringify(given));
  expect((await pull('raw.json', { projectDir: folder.path })).lock.operations).toBe(1);
  folder.remove();
});

describe('plain words', () => {
  test.each([
    ["REQUIRED must have required property 'x'", 'the member x is missing'],
    ['ADDITIONAL PROPERTY must NOT have additional properties', 'OpenAPI has no member of this name here'],
    ['TYPE must be string', 'it must be of the type string'],
    ['ENUM must be equal to one of the allowed values: a, b', 'it must be one of a, b'],
    ['UNIQUEITEMS must NOT have duplicate items (items ## 0 and 1 are identical)', 'the items 0 and 1 are the same'],
    ['NOT must NOT be valid', 'it has members that exclude each other'],
    ['MINITEMS must NOT have fewer than 1 items', 'it must have 1 items or more'],
    [
      '`/paths/a/{x}/get` is missing path parameter(s) for `{x}`.',
      '#/paths/a/{x}/get: the path has {x}, and there is no parameter of that name',
    ],
    ['something new', 'something new'],
  ])('%s', (given, want) => expect(plainWords(given)).toBe(want));
});
