import { describe, expect, it } from 'vitest';
import type { Rule } from '../../../../../generator/normalise/normalise.ts';
import {
  booleanSchemas,
  dropAnnotations,
  dropConditions,
  inlineAliases,
  mergeAllOf,
  nullable,
} from '../../../../../generator/normalise/structure-rules.ts';
import {
  constants,
  defaults,
  dropConstraints,
  formats,
  freeForm,
  identifiers,
  propertyNames,
  unions,
} from '../../../../../generator/normalise/type-rules.ts';
import { wireName } from '../../../../../generator/openapi/names.ts';
import { idMarker, type Schema } from '../../../../../generator/openapi/open-api.ts';
import { applyTo } from '../../../../support/open-api.ts';

interface Case {
  readonly name: string;
  readonly given: Schema;
  readonly want: unknown;
  readonly changes: number;
  readonly schemas?: Record<string, Schema>;
}

const object = (properties: Record<string, Schema>, more: object = {}): Schema => ({
  type: 'object',
  properties,
  ...more,
});
const text = { type: 'string' } as const;
const whole = { type: 'integer' } as const;
const id = { type: 'string', maxLength: idMarker } as const;
const self = { $ref: '#/components/schemas/Self' };

const tables: Record<string, { rule: Rule; cases: readonly Case[] }> = {
  'boolean-schemas': {
    rule: booleanSchemas,
    cases: [
      { name: 'anything', given: object({ a: true, b: text }), want: object({ a: {}, b: text }), changes: 1 },
      {
        name: 'a list of nothing',
        given: { type: 'array', items: false },
        want: { type: 'array', items: {} },
        changes: 1,
      },
      {
        name: 'additionalProperties is no schema then',
        given: object({ b: text }, { additionalProperties: true }),
        want: object({ b: text }, { additionalProperties: true }),
        changes: 0,
      },
    ],
  },
  'drop-annotations': {
    rule: dropAnnotations,
    cases: [
      { name: 'a title that would be the root type', given: { title: 'Query', ...text }, want: text, changes: 1 },
      {
        name: 'a property that is called title',
        given: object({ title: text }),
        want: object({ title: text }),
        changes: 0,
      },
      { name: 'vendor extensions', given: { 'x-order': 1, example: 'a', ...text }, want: text, changes: 1 },
    ],
  },
  'merge-all-of': {
    rule: mergeAllOf,
    cases: [
      {
        name: 'one reference',
        given: { allOf: [{ $ref: '#/components/schemas/A' }] },
        want: { $ref: '#/components/schemas/A' },
        changes: 1,
        schemas: { A: text },
      },
      {
        name: 'inheritance',
        given: { allOf: [{ $ref: '#/components/schemas/A' }, object({ b: whole }, { required: ['b'] })] },
        want: object({ a: text, b: whole }, { required: ['a', 'b'] }),
        changes: 1,
        schemas: { A: object({ a: text }, { required: ['a'] }) },
      },
      {
        name: 'a branch that leads back to itself',
        given: { allOf: [self, object({ b: whole })] },
        want: object({ b: whole }),
        changes: 2,
        schemas: { Self: { allOf: [self, {}] } },
      },
    ],
  },
  'drop-conditions': {
    rule: dropConditions,
    cases: [
      {
        name: 'a condition beside properties',
        given: object({ a: text }, { anyOf: [{ required: ['a'] }, {}] }),
        want: object({ a: text }),
        changes: 1,
      },
      { name: 'a union', given: { anyOf: [text, whole] }, want: { anyOf: [text, whole] }, changes: 0 },
    ],
  },
  'inline-aliases': {
    rule: inlineAliases,
    cases: [
      {
        name: 'a named scalar',
        given: { $ref: '#/components/schemas/Id' },
        want: whole,
        changes: 1,
        schemas: { Id: whole },
      },
      { name: 'a named object stays', given: self, want: self, changes: 0, schemas: { Self: object({ self }) } },
      {
        name: 'a chain',
        given: { $ref: '#/components/schemas/A' },
        want: text,
        changes: 3,
        schemas: { A: { $ref: '#/components/schemas/B' }, B: text },
      },
      {
        name: 'a list of itself',
        given: self,
        want: { type: 'array', items: {} },
        changes: 3,
        schemas: { Self: { type: 'array', items: self } },
      },
      {
        name: 'a circle of names',
        given: { $ref: '#/components/schemas/A' },
        want: {},
        changes: 6,
        schemas: { A: { $ref: '#/components/schemas/B' }, B: { $ref: '#/components/schemas/A' } },
      },
      {
        name: 'a reference into the middle',
        given: { $ref: '#/components/schemas/A/properties/b' },
        want: whole,
        changes: 1,
        schemas: { A: object({ b: whole }) },
      },
    ],
  },
  nullable: {
    rule: nullable,
    cases: [
      {
        name: 'a union with null',
        given: { anyOf: [text, { type: 'null' }] },
        want: { ...text, nullable: true },
        changes: 1,
      },
      {
        name: 'a reference or null',
        given: { anyOf: [self, { type: 'null' }] },
        want: { ...self, nullable: true },
        changes: 1,
      },
      { name: 'a list of types', given: { type: ['string', 'null'] }, want: { ...text, nullable: true }, changes: 1 },
      {
        name: 'several types or null',
        given: { anyOf: [text, whole, { type: 'null' }] },
        want: { anyOf: [text, whole], nullable: true },
        changes: 1,
      },
      { name: 'a union of one', given: { oneOf: [text] }, want: text, changes: 1 },
      { name: 'a default of null', given: { ...text, default: null }, want: text, changes: 1 },
      {
        name: 'an enumeration with null',
        given: { enum: ['a', null] },
        want: { enum: ['a'], nullable: true },
        changes: 1,
      },
      {
        name: 'required, and yet null',
        given: object({ a: { anyOf: [text, { type: 'null' }] }, b: text }, { required: ['a', 'b'] }),
        want: object({ a: { ...text, nullable: true }, b: text }, { required: ['b'], 'x-required-nulls': ['a'] }),
        changes: 2,
      },
      {
        name: 'required, and not there',
        given: object({ a: text }, { required: ['a', 'gone'] }),
        want: object({ a: text }, { required: ['a'] }),
        changes: 1,
      },
    ],
  },
  constants: {
    rule: constants,
    cases: [
      { name: 'a constant', given: { const: 'v1' }, want: text, changes: 1 },
      {
        name: 'values that GraphQL cannot name',
        given: { enum: ['', 'a'] },
        want: text,
        changes: 1,
      },
      { name: 'values whose names would meet', given: { enum: ['a b', 'a_b'] }, want: text, changes: 1 },
      {
        name: 'an enumeration of texts',
        given: { enum: ['text/plain', 'a b', '1', 'true'] },
        want: { ...text, enum: ['text/plain', 'a b', '1', 'true'] },
        changes: 1,
      },
      {
        name: 'an enumeration that says its type',
        given: { ...text, enum: ['a'] },
        want: { ...text, enum: ['a'] },
        changes: 0,
      },
      { name: 'numbers', given: { enum: [1, 2] }, want: whole, changes: 1 },
      { name: 'a mixture', given: { type: 'string', enum: ['a', 1] }, want: {}, changes: 1 },
    ],
  },
  'drop-constraints': {
    rule: dropConstraints,
    cases: [
      {
        name: 'a range within 32 bits',
        given: { ...whole, minimum: 1, maximum: 500 },
        want: { ...whole, format: 'int32' },
        changes: 1,
      },
      { name: 'a range without an end', given: { ...whole, minimum: 1 }, want: whole, changes: 1 },
      {
        name: 'a decimal as Pydantic writes it',
        given: { ...text, pattern: String.raw`^(?!^[-+.]*$)[+-]?0*\d*\.?\d*$` },
        want: { ...text, format: 'decimal' },
        changes: 1,
      },
      { name: 'a pattern and a length', given: { ...text, pattern: '^a', minLength: 1 }, want: text, changes: 1 },
      {
        name: 'a range beyond 32 bits',
        given: { ...whole, maximum: 2 ** 53 },
        want: { ...whole, format: 'int64' },
        changes: 1,
      },
    ],
  },
  unions: {
    rule: unions,
    cases: [
      {
        name: 'text or number',
        given: { anyOf: [text, whole], default: 'latest' },
        want: { default: 'latest' },
        changes: 1,
      },
      { name: 'a list of types', given: { type: ['string', 'integer'] }, want: {}, changes: 1 },
      {
        name: 'two ways to write one type',
        given: { anyOf: [{ ...text, format: 'date' }, text] },
        want: text,
        changes: 1,
      },
      { name: 'two numbers', given: { oneOf: [whole, { type: 'number' }] }, want: { type: 'number' }, changes: 1 },
      { name: 'objects', given: { oneOf: [self, object({ a: text })] }, want: {}, changes: 1 },
      {
        name: 'an id',
        given: object({ catalog_id: { anyOf: [text, whole] } }),
        want: object({ catalog_id: text }),
        changes: 1,
      },
    ],
  },
  'free-form': {
    rule: freeForm,
    cases: [
      { name: 'nothing said', given: {}, want: {}, changes: 0 },
      { name: 'any properties', given: { type: 'object', additionalProperties: true }, want: {}, changes: 1 },
      { name: 'any values', given: { type: 'object', additionalProperties: {} }, want: {}, changes: 1 },
      {
        name: 'values of a type',
        given: { type: 'object', additionalProperties: whole, propertyNames: text, nullable: true },
        want: { type: 'object', additionalProperties: whole, nullable: true },
        changes: 1,
      },
      { name: 'words about anything', given: { description: 'a' }, want: { description: 'a' }, changes: 0 },
      { name: 'an object without a type', given: { properties: { a: text } }, want: object({ a: text }), changes: 1 },
      { name: 'a list of anything', given: { type: 'array' }, want: { type: 'array', items: {} }, changes: 1 },
      {
        name: 'properties and more',
        given: object({ a: text }, { additionalProperties: true }),
        want: object({ a: text }),
        changes: 1,
      },
    ],
  },
  identifiers: {
    rule: identifiers,
    cases: [
      {
        name: 'by name',
        given: object({ id: whole, execution_id: text, eventId: whole }),
        want: object({ id, execution_id: id, eventId: id }),
        changes: 3,
      },
      {
        name: 'a list by name',
        given: object({ event_ids: { type: 'array', items: whole } }),
        want: object({ event_ids: { type: 'array', items: id } }),
        changes: 1,
      },
      {
        name: 'not by an ending alone',
        given: object({ paid: whole, pid: whole, valid: text, grid: whole }),
        want: object({ paid: whole, pid: whole, valid: text, grid: whole }),
        changes: 0,
      },
      {
        name: 'a 64-bit integer',
        given: object({ runtime_id: { ...whole, format: 'int64' } }),
        want: object({ runtime_id: id }),
        changes: 1,
      },
      {
        name: 'an object called id',
        given: object({ id: object({ a: text }) }),
        want: object({ id: object({ a: text }) }),
        changes: 0,
      },
      {
        name: 'a default',
        given: object({ tenant_id: { ...text, default: 'x' } }),
        want: object({ tenant_id: { ...id, default: 'x' } }),
        changes: 1,
      },
    ],
  },
  formats: {
    rule: formats,
    cases: [
      ...['date-time', 'date', 'uuid', 'email', 'uri'].map((format) => ({
        name: format,
        given: { ...text, format },
        want: { ...text, format },
        changes: 0,
      })),
      { name: 'a format without a scalar', given: { ...text, format: 'password' }, want: text, changes: 1 },
      { name: '32 bits', given: { ...whole, format: 'int32' }, want: { ...whole, format: 'int32' }, changes: 0 },
      {
        name: 'a decimal',
        given: { type: 'number', format: 'decimal', default: 1.5 },
        want: { ...text, maxLength: 4243 },
        changes: 1,
      },
      { name: '64 bits', given: { ...whole, format: 'int64' }, want: { ...whole, format: 'int64' }, changes: 0 },
      {
        name: '64 bits without a sign',
        given: { ...whole, format: 'uint64' },
        want: { ...whole, format: 'int64' },
        changes: 1,
      },
    ],
  },
  defaults: {
    rule: defaults,
    cases: [
      { name: 'a number for text', given: { ...text, default: 5 }, want: text, changes: 1 },
      { name: 'an object', given: { default: {} }, want: {}, changes: 1 },
      { name: 'beyond 32 bits', given: { ...whole, default: 2 ** 40 }, want: whole, changes: 1 },
      { name: 'one that fits', given: { ...whole, default: 100 }, want: { ...whole, default: 100 }, changes: 0 },
    ],
  },
  'property-names': {
    rule: propertyNames,
    cases: [
      {
        name: 'names that GraphQL cannot have',
        given: object({ 'content-type': text, __meta: text, '1st': text, ok: text }, { required: ['content-type'] }),
        want: object(
          { content_x2d_type: text, _x5f__meta: text, _x31_st: text, ok: text },
          { required: ['content_x2d_type'] },
        ),
        changes: 1,
      },
    ],
  },
};

for (const [name, { rule, cases }] of Object.entries(tables)) {
  describe(name, () => {
    it.each(cases)('$name', ({ given, want, changes, schemas }) => {
      const made = applyTo(rule, given, schemas);
      expect(made.schema).toEqual(want);
      expect({ rule: rule.name, changes: made.changes }).toEqual({ rule: name, changes });
    });

    it('says in a sentence which habit it answers', () => {
      expect(rule.habit).toMatch(/^[A-Z0-9].{20,}\.$/);
    });
  });
}

describe('wireName', () => {
  it.each(['content-type', '__meta', '1st', '', 'größe', 'a.b', '$schema', 'plain'])('finds %j again', (name) => {
    const { schema } = applyTo(propertyNames, object({ [name]: text, 'other-name': text }));
    const [first = ''] = Object.keys((schema as { properties: object }).properties);
    expect(first).toMatch(/^(?!__)[A-Za-z_][A-Za-z0-9_]*$/);
    expect([name, 'other-name']).toContain(wireName(first));
  });
});
