import { describe, expect, it } from 'vitest';
import {
  inlineParameterContent,
  jsonBody,
  oneAnswer,
  resolveReferences,
} from '../../../../../generator/normalise/operation-rules.ts';
import { componentNames } from '../../../../../generator/normalise/type-rules.ts';
import type { Body, Media, OpenApiDocument, Schema } from '../../../../../generator/openapi/open-api.ts';
import { answerOf, answers, documentOf, operationOf, withOperation } from '../../../../support/open-api.ts';

const text = { type: 'string' } as const;
const json = (schema: Schema): { content: Record<string, Media> } => ({ content: { 'application/json': { schema } } });

describe('resolve-references', () => {
  const document: OpenApiDocument = {
    openapi: '3.1.0',
    paths: {
      '/api/things/{thing_id}': {
        parameters: [{ $ref: '#/components/parameters/Id' }, { name: 'page', in: 'query', schema: text }],
        get: {
          parameters: [{ name: 'page', in: 'query', required: true, schema: { type: 'integer' } }],
          requestBody: { $ref: '#/components/requestBodies/Any' },
          responses: { '200': { $ref: '#/components/responses/Ok' } },
        },
      },
      '/api/others': { $ref: '#/components/pathItems/Others' },
    },
    components: {
      parameters: { Id: { name: 'thing_id', in: 'path', required: true, schema: text } },
      requestBodies: { Any: json({}) },
      responses: { Ok: json(text) },
      pathItems: { Others: { get: { responses: answers(text) } } },
    },
  };

  it('writes what is shared where it is used, an operation’s own parameter before its path’s', () => {
    const { document: resolved, changes } = resolveReferences.apply(document);
    expect(operationOf(resolved)).toEqual({
      parameters: [
        { name: 'thing_id', in: 'path', required: true, schema: text },
        { name: 'page', in: 'query', required: true, schema: { type: 'integer' } },
      ],
      requestBody: json({}),
      responses: { '200': json(text) },
    });
    expect(resolved.paths['/api/others']).toEqual({ get: { responses: answers(text) } });
    expect(changes).toBe(6);
  });

  it('leaves a document without shared parts as it is', () => {
    const plain = documentOf(text);
    expect(resolveReferences.apply(plain)).toEqual({ document: plain, changes: 0 });
  });
});

describe('inline-parameter-content', () => {
  it('takes the schema from the media type, or text', () => {
    const given = withOperation({
      parameters: [
        { name: 'filter', in: 'query', ...json({ type: 'integer' }) },
        { name: 'q', in: 'query' },
        { name: 'page', in: 'query', schema: text },
      ],
    });
    const { document, changes } = inlineParameterContent.apply(given);
    expect(operationOf(document).parameters?.map(({ schema }) => schema)).toEqual([{ type: 'integer' }, text, text]);
    expect(operationOf(document).parameters?.map((one) => one['x-content'])).toEqual(['json', undefined, undefined]);
    expect(changes).toBe(2);
  });
});

describe('one-answer', () => {
  const of = (type: string) => ({ '200': { content: { [type]: { schema: text } } } });
  it.each<[string, Record<string, Body>, Schema, string | undefined]>([
    ['the first 2xx', { '422': json(text), '202': json({ type: 'integer' }) }, { type: 'integer' }, undefined],
    ['an answer without content', { '204': { description: 'gone' } }, { type: 'boolean' }, 'empty'],
    ['an answer that is not described', { '200': { description: 'ok' } }, {}, undefined],
    ['a JSON that is called something else', of('application/problem+json; v=1'), text, undefined],
    ['the default', { default: json(text) }, text, undefined],
    ['no answer at all', {}, {}, undefined],
    ['text', of('text/plain; charset=utf-8'), text, 'text'],
    ['a table', of('text/csv'), text, 'text'],
    ['XML', of('application/atom+xml'), text, 'text'],
    ['a picture', of('image/png'), text, 'binary'],
    ['events', of('text/event-stream'), text, 'stream'],
  ])('%s', (_name, responses, want, form) => {
    const { document, changes } = oneAnswer.apply(withOperation({ responses }));
    expect(operationOf(document).responses).toEqual(answers(want));
    expect(operationOf(document)['x-answer']).toBe(form);
    expect(changes).toBe(1);
    expect(oneAnswer.apply(document).changes).toBe(0);
  });
});

describe('json-body', () => {
  it('keeps the JSON of several forms, and a body that has none', () => {
    const both = { content: { 'multipart/form-data': { schema: {} }, 'application/vnd.x+json': { schema: text } } };
    expect(operationOf(jsonBody.apply(withOperation({ requestBody: both })).document).requestBody).toEqual(json(text));
    const form = { content: { 'multipart/form-data': { schema: {} } } };
    expect(jsonBody.apply(withOperation({ requestBody: form })).changes).toBe(0);
    expect(operationOf(jsonBody.apply(withOperation({ requestBody: {} })).document)).toEqual({});
  });
});

describe('component-names', () => {
  it('renames what GraphQL cannot have or keeps for itself, and what refers to it', () => {
    const object = { type: 'object', properties: { a: text } };
    const names = ['Page[Item]', 'Page_Item', 'Query', 'JSON', 'Execution', '__Type', '1st', 'näme', 'Plain', 'plain'];
    const schemas = Object.fromEntries(names.map((name) => [name, object]));
    const given = documentOf({ $ref: '#/components/schemas/Page[Item]' }, schemas);
    const { document, changes } = componentNames.apply(given);
    expect(Object.keys(document.components?.schemas ?? {}).sort()).toEqual(
      [
        ...[
          'NoetlExecution',
          'NoetlJSON',
          'NoetlQuery',
          'Noetl1st',
          'PageItem',
          'PageItem2',
          'Plain',
          'Plain2',
          'Type',
        ],
        'NMe',
      ].sort(),
    );
    expect(answerOf(document)).toEqual({ $ref: '#/components/schemas/PageItem' });
    expect(changes).toBe(9);
  });
});
