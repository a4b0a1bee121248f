import { describe, expect, test } from 'vitest';
import type { Direction } from '../../../../generator/diff/diff-report.ts';
import { schemaChanges } from '../../../../generator/diff/schema-changes.ts';
import type { OpenApiDocument, Schema } from '../../../../generator/openapi/open-api.ts';

const documentWith = (schemas: Record<string, Schema> = {}): OpenApiDocument => ({
  openapi: '3.1.0',
  paths: {},
  components: { schemas },
});

const changes = (direction: Direction, left: Schema, right: Schema) =>
  schemaChanges(documentWith(), documentWith(), direction, left, right).map(
    ({ severity, path, message }) => `${severity} ${path}: ${message}`,
  );

const text = { type: 'string' };
const whole = { type: 'integer' };

describe('schemaChanges', () => {
  test.each<{ name: string; left: Schema; right: Schema; in: string[]; out: string[] }>([
    { name: 'nothing', left: text, right: text, in: [], out: [] },
    {
      name: 'another type',
      left: text,
      right: whole,
      in: ['breaking : string becomes integer'],
      out: ['breaking : string becomes integer'],
    },
    {
      name: 'one more type',
      left: text,
      right: { anyOf: [text, whole] },
      in: ['safe : string becomes integer or string'],
      out: ['breaking : string becomes integer or string'],
    },
    {
      name: 'integers to numbers',
      left: whole,
      right: { type: 'number' },
      in: ['safe : integer becomes number'],
      out: ['breaking : integer becomes number'],
    },
    {
      name: 'no longer described',
      left: text,
      right: {},
      in: ['safe : string becomes anything'],
      out: ['dangerous : string becomes anything'],
    },
    {
      name: 'described now',
      left: {},
      right: text,
      in: ['breaking : anything becomes string'],
      out: ['safe : anything becomes string'],
    },
    {
      name: 'a value more and one less',
      left: { type: 'string', enum: ['a', 'b'] },
      right: { type: 'string', enum: ['b', 'c'] },
      in: ['breaking : value "a" is gone', 'safe : value "c" is new'],
      out: ['safe : value "a" is gone', 'dangerous : value "c" is new'],
    },
    {
      name: 'values listed',
      left: text,
      right: { type: 'string', const: 'a' },
      in: ['breaking : only "a" now'],
      out: ['safe : only "a" now'],
    },
    {
      name: 'values no longer listed',
      left: { type: 'string', enum: ['a'] },
      right: text,
      in: ['safe : any value now'],
      out: ['dangerous : any value now'],
    },
    {
      name: 'may be null',
      left: text,
      right: { ...text, nullable: true },
      in: ['safe : may be null now'],
      out: ['dangerous : may be null now'],
    },
    {
      name: 'never null',
      left: { ...text, nullable: true },
      right: text,
      in: ['dangerous : is never null now'],
      out: ['safe : is never null now'],
    },
    {
      name: 'another default',
      left: { ...whole, default: 1 },
      right: { ...whole, default: 2 },
      in: ['dangerous : default 1 becomes 2'],
      out: ['dangerous : default 1 becomes 2'],
    },
    {
      name: 'members',
      left: { properties: { gone: text, loose: text, same: whole }, required: ['loose'] },
      right: { properties: { loose: text, same: whole, must: text, may: text }, required: ['must'] },
      in: [
        'breaking gone: is gone',
        'safe loose: is optional now',
        'breaking must: is new and required',
        'safe may: is new',
      ],
      out: ['breaking gone: is gone', 'dangerous loose: is optional now', 'safe must: is new', 'safe may: is new'],
    },
    {
      name: 'a member that must be there now',
      left: { properties: { a: text } },
      right: { properties: { a: text }, required: ['a'] },
      in: ['breaking a: is required now'],
      out: ['safe a: is required now'],
    },
    {
      name: 'deep inside',
      left: { items: { properties: { a: { additionalProperties: text } } } },
      right: { items: { properties: { a: { additionalProperties: whole } } } },
      in: ['breaking [].a{}: string becomes integer'],
      out: ['breaking [].a{}: string becomes integer'],
    },
  ])('$name', ({ left, right, in: sent, out: got }) => {
    expect({ in: changes('in', left, right), out: changes('out', left, right) }).toEqual({ in: sent, out: got });
  });

  test('a type that contains itself is compared once, through references', () => {
    const node = (value: Schema): Record<string, Schema> => ({
      Node: { properties: { value, children: { items: { $ref: '#/components/schemas/Node' } } } },
    });
    const ref = { $ref: '#/components/schemas/Node' };
    expect(schemaChanges(documentWith(node(text)), documentWith(node(whole)), 'out', ref, ref)).toEqual([
      { kind: 'type-changed', severity: 'breaking', path: 'value', message: 'string becomes integer' },
    ]);
  });

  test('another name of a component is no change', () => {
    const before = documentWith({ Old: { properties: { a: text } } });
    const after = documentWith({ New: { properties: { a: text } } });
    const [left, right] = [{ $ref: '#/components/schemas/Old' }, { $ref: '#/components/schemas/New' }];
    expect(schemaChanges(before, after, 'in', left, right)).toEqual([]);
  });
});
