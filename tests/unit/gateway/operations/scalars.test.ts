import { buildSchema, graphql, parse, parseValue } from 'graphql';
import { describe, expect, test } from 'vitest';
import { attachEnumValues, createClientSchema } from '../../../../gateway/operations/client-schema.ts';
import { createIdScalar, createPassthroughScalar } from '../../../../gateway/operations/scalars.ts';
import { parseJson } from '../../../../plugins/json/lossless-json.ts';

const big = '767008253774397449';
const bigNumber = parseJson(big);

describe('ID', () => {
  const id = createIdScalar('ID');
  test.each([
    ['text', 'text'],
    [7, '7'],
    [bigNumber, big],
  ])('%j', (value, want) => {
    expect(id.parseValue(value)).toBe(want);
    expect(id.serialize(value)).toBe(want);
  });

  test.each([Number(big), 1.5, true, null, {}, [], Number.NaN])('%j is invalid, and is not echoed', (value) => {
    expect(() => id.parseValue(value)).toThrow('An ID is text or an exact integer of at most 20 digits.');
    expect(() => id.serialize(value)).toThrow('An ID is text or an exact integer of at most 20 digits.');
  });

  test('an integer of more than 20 digits is refused before anything is made of it', () => {
    const digits = '9'.repeat(21);
    expect(() => id.parseLiteral(parseValue(digits))).toThrow('at most 20 digits');
    expect(() => id.parseValue(parseJson(digits))).toThrow('at most 20 digits');
  });

  test('literals', () => {
    expect(id.parseLiteral(parseValue(big))).toBe(big);
    expect(id.parseLiteral(parseValue('"a"'))).toBe('a');
    expect(() => id.parseLiteral(parseValue('1.5'))).toThrow();
    expect(() => id.parseLiteral(parseValue('true'))).toThrow();
  });
});

describe('JSON', () => {
  const json = createPassthroughScalar('JSON');
  test('literals keep every digit, variables stand where they are put', () => {
    const literal = parseValue(`{a: ${big}, b: [1, 2.5, "x", true, null, $v], c: {d: $none}, __proto__: {e: ENUM}}`);
    const value = json.parseLiteral(literal, { v: { big: bigNumber } });
    expect(JSON.stringify(value)).toBe(
      `{"a":${big},"b":[1,2.5,"x",true,null,{"big":${big}}],"c":{},"__proto__":{"e":"ENUM"}}`,
    );
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
  });

  test('values pass as they are; a number without end does not', () => {
    expect(json.parseValue(bigNumber)).toBe(bigNumber);
    expect(createPassthroughScalar('JSON', { longIntegers: 'number' }).serialize(bigNumber)).toBe(bigNumber);
    expect(() => json.parseLiteral(parseValue('1e999'))).toThrow();
  });
});

describe('long integers in answers', () => {
  const json = createPassthroughScalar('JSON');
  test('are text wherever they stand; what holds none is the same object', () => {
    const small = { a: [1, { b: 2 }] };
    const value = { small, list: [1, bigNumber, { deep: bigNumber }], ['__proto__']: bigNumber };
    const shown = json.serialize(value) as typeof value;
    expect(JSON.stringify(shown)).toBe(
      `{"small":{"a":[1,{"b":2}]},"list":[1,"${big}",{"deep":"${big}"}],"__proto__":"${big}"}`,
    );
    expect(shown.small).toBe(small);
    expect(value.list[1]).toBe(bigNumber);
    expect(json.serialize(small)).toBe(small);
  });
});

describe('the schema that clients see', () => {
  test('has our ID in place of the built-in one, in arguments, variables and answers', async () => {
    const schema = createClientSchema(
      parse(
        'type Query { a(id: ID!, list: [ID!], in: In): ID b: Big } input In { id: ID } scalar Big scalar Unused enum Unused2 { A }',
      ),
      'number',
    );
    for (const field of Object.values(schema.getQueryType()?.getFields() ?? {})) {
      field.resolve = (_source, args) =>
        field.name === 'b' ? bigNumber : [args['id'], ...(args['list'] ?? []), args['in']?.id].join();
    }
    const { data, errors } = await graphql({
      schema,
      source:
        'query ($id: ID!, $list: [ID!], $in: In) { a(id: $id, list: $list, in: $in) b literal: a(id: 767008253774397449) }',
      variableValues: { id: bigNumber, list: [bigNumber, 1], in: { id: bigNumber } },
    });
    expect(errors).toBeUndefined();
    expect(JSON.stringify(data)).toBe(`{"a":"${big},${big},1,${big}","b":${big},"literal":"${big},"}`);
    expect(schema.getType('Unused')).toBeUndefined();
    expect(schema.getType('Unused2')).toBeUndefined();
    expect(schema.getType('ID')?.name).toBe('ID');
  });

  test('enum values take their wire form inside, and their name outside', async () => {
    const document = parse('enum E { A @enum(value: "\\"a-b\\"") B } type Query { e(e: E): E }');
    const schema = createClientSchema(document, 'number');
    attachEnumValues(schema, document);
    const seen: unknown[] = [];
    const field = schema.getQueryType()?.getFields()['e'];
    if (field === undefined) throw new Error('no field');
    field.resolve = (_source, args) => {
      seen.push(args['e']);
      return args['e'];
    };
    const source = 'query ($e: E) { e(e: $e) x: e(e: A) b: e(e: B) }';
    expect((await graphql({ schema, source, variableValues: { e: 'A' } })).data).toEqual({ e: 'A', x: 'A', b: 'B' });
    expect(seen).toEqual(['a-b', 'a-b', 'B']);
  });

  test('the built-in ID stays as it was elsewhere', () => {
    expect(buildSchema('type Query { a: ID }').getType('ID')?.description).not.toContain('exact');
  });
});
