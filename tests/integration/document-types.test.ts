import { describe, expect, test } from 'vitest';
import { parseJson } from '../../plugins/json/lossless-json.ts';
import { codeIn } from '../support/executor-caller.ts';
import { foreignDocument, foreignGateway } from '../support/foreign-gateway.ts';

const types = foreignDocument('types.yaml');
const rows = { shop: { upstream: 'GET /shop' }, stats: { upstream: 'GET /stats' } };
const answer = {
  animals: [
    { kind: 'cat', name: 'Tom' },
    { kind: 'hound', name: 'Rex', loud: true },
  ],
  state: 'in-transit',
  states: ['new', 'lost'],
  sold: 5_000_000_000,
  price: '0.10000000000000000001',
  opened: '2026-01-26T08:00:00.5',
};

const gateway = (body: unknown = answer, more = {}) =>
  foreignGateway(
    types,
    rows,
    { 'GET /shop': { body }, 'GET /stats': { body: { total: 1, state: 'on', parts: [] } } },
    more,
  );

describe('the schema says what the document says', () => {
  test.each([
    'shop(above: BigInt, day: Date, link: URL, mail: EmailAddress, page: Int, price: Decimal, ref: UUID, since: DateTime, state: OrderState): ShopPage',
    'stats: StatsAnswer',
    'union Animal @discriminator(subgraph: "Noetl", field: "kind", mapping: [["cat", "Cat"], ["hound", "Dog"]]) = Cat | Dog',
    'enum OrderState {\n  new\n  in_transit @enum(subgraph: "Noetl", value: "\\"in-transit\\"")\n  done\n}',
    'type StatsAnswer {\n  parts: [StatsAnswerPart!]!\n  percent: Int\n  state: StatsAnswerState\n  total: BigInt!\n}',
    'animals: [Animal!]!',
    'holes: [Cat]',
    'opened: DateTime!',
    'price: Decimal!',
    'state: OrderState\n',
    'states: [OrderState]!',
    'note: String @deprecated(reason: "NoETL has deprecated it.")',
    'anything: JSON',
  ])('%s', async (line) => {
    const { sdl } = await gateway();
    expect(sdl.replaceAll(/ @httpOperation[^\n]*/g, '')).toContain(line);
  });
});

describe('answers', () => {
  const source = '{ shop { animals { ... on Cat { name } ... on Dog { name loud } } state states sold price opened } }';

  test('enumerations, unions, long integers, decimals and times without a zone', async () => {
    const { ask } = await gateway();
    const { data, errors } = await ask(source);
    expect(errors).toBeUndefined();
    expect(data).toEqual({
      shop: {
        ...{ ...answer, state: 'in_transit', states: ['new', null], opened: '2026-01-26T08:00:00.5Z' },
        animals: [{ name: 'Tom' }, { name: 'Rex', loud: true }],
      },
    });
  });

  test('a value that the document did not have yet is null, and no error', async () => {
    const { ask } = await gateway({ ...answer, state: 'stolen' });
    expect((await ask('{ shop { state sold } }')).data).toEqual({ shop: { state: null, sold: 5_000_000_000 } });
  });

  test('an integer that a double would change is text, or digits, as configured', async () => {
    const body = parseJson('{"sold": 9007199254740993, "anything": {"a": [1, 9007199254740993]}}');
    const { ask } = await gateway(body);
    const { data } = await ask('{ shop { sold anything } }');
    expect(JSON.stringify(data)).toBe('{"shop":{"sold":"9007199254740993","anything":{"a":[1,"9007199254740993"]}}}');
  });

  test('what the document promises and NoETL leaves out is NoETL’s mistake', async () => {
    const { ask } = await gateway({ ...answer, sold: null });
    expect(codeIn(await ask('{ shop { sold } }'))).toBe('ERR_UPSTREAM');
  });
});

describe('maps', () => {
  const counts = { ...rows, counts: { upstream: 'GET /counts' } };
  const mapped = {
    ...answer,
    labels: { colour: 'red', constructor: 'y' },
    sizes: { small: 5_000_000_000, none: null },
    cages: { left: [{ kind: 'cat', name: 'Tom' }], right: [] },
    layers: [{ floor: { depth: 1.5 } }, {}],
    loose: { any: [1] },
  };
  const ask = async (source: string, how: { more?: object; script?: object; args?: Record<string, unknown> } = {}) => {
    const script = { 'GET /shop': { body: mapped }, 'GET /counts': { body: { a: 1, b: 2 } }, ...how.script };
    const made = await foreignGateway(types, counts, script, how.more);
    return { ...made, ...(await made.ask(source, { args: how.args ?? {} })) };
  };

  test('are lists of entries in answers: of texts, of what may be null, of lists, of maps', async () => {
    const { sdl, data, errors } = await ask(
      '{ shop { labels { key value } sizes { key value } layers { key value { key value } } loose cages { key value { ... on Cat { name } } } } }',
    );
    expect(errors).toBeUndefined();
    expect(data).toEqual({
      shop: {
        labels: [
          { key: 'colour', value: 'red' },
          { key: 'constructor', value: 'y' },
        ],
        sizes: [
          { key: 'small', value: 5_000_000_000 },
          { key: 'none', value: null },
        ],
        layers: [[{ key: 'floor', value: [{ key: 'depth', value: 1.5 }] }], []],
        loose: { any: [1] },
        cages: [
          { key: 'left', value: [{ name: 'Tom' }] },
          { key: 'right', value: [] },
        ],
      },
    });
    expect(sdl).toContain('labels: [ShopPageLabelsEntry!]\n');
    expect(sdl).toContain('type ShopPageLabelsEntry {\n  key: String!\n  value: String!\n}');
    expect(sdl).toContain('type ShopPageSizesEntry {\n  key: String!\n  value: BigInt\n}');
  });

  test('an answer itself may be one', async () => {
    const { sdl, data } = await ask('{ counts { key value } }');
    expect(data).toEqual({
      counts: [
        { key: 'a', value: 1 },
        { key: 'b', value: 2 },
      ],
    });
    expect(sdl).toMatch(/counts\(filter: \w+\): \[CountsAnswerEntry!\]/);
  });

  test('something else where the document promises a map is an error of NoETL, and not of the gateway', async () => {
    const script = { 'GET /shop': { body: { ...mapped, labels: ['red'] } }, 'GET /counts': { body: [1] } };
    expect(codeIn(await ask('{ shop { labels { key value } } }', { script }))).toBe('ERR_UPSTREAM');
    expect(codeIn(await ask('{ counts { key } }', { script }))).toBe('ERR_UPSTREAM');
  });

  test('are objects in arguments', async () => {
    const filter = { labels: { colour: 'red' } };
    const { calls, errors } = await ask('{ counts(filter: { labels: { colour: "red" } }) { key } }', {
      args: { filter },
    });
    expect(errors).toBeUndefined();
    expect(calls[0]?.query).toEqual([['filter[labels][colour]', 'red']]);
  });

  test('are any JSON where the config asks for it, for all or for one field', async () => {
    const more = { schema: { maps: 'JSON' } };
    expect((await ask('{ shop { labels } }', { more })).data).toEqual({ shop: { labels: mapped.labels } });
    expect((await ask('{ counts }', { more })).data).toEqual({ counts: { a: 1, b: 2 } });
    const one = await ask('{ shop { labels sizes { key } } }', {
      more: { schema: { types: { ShopPage: { fields: { labels: { type: 'JSON' } } } } } },
    });
    expect(one.data).toMatchObject({ shop: { labels: mapped.labels } });
  });
});

describe('arguments', () => {
  const call = async (args: string) => {
    const { ask, calls } = await gateway();
    const { errors } = await ask(`{ shop(${args}) { sold } }`);
    return { errors, calls };
  };

  test.each([
    'since: "2026-01-26T08:00:00Z"',
    'day: "2026-01-26"',
    'above: 9007199254740993',
    'price: "1.10"',
    'state: in_transit',
  ])('%s', async (args) => expect((await call(args)).errors).toBeUndefined());

  test.each([
    'since: "yesterday"',
    'day: {a: 1}',
    'ref: "x"',
    'mail: "x"',
    'link: "x"',
    'above: "1e3"',
    'price: "ten"',
    'state: gone',
  ])('%s is refused before NoETL is asked', async (args) => {
    const { errors, calls } = await call(args);
    expect(errors).toHaveLength(1);
    expect(calls).toEqual([]);
  });
});

describe('what the config says of types', () => {
  const schema = {
    types: {
      ShopPage: {
        name: 'Shop',
        description: 'A shop.',
        fields: {
          sold: { type: 'Int', description: 'Animals sold.', deprecated: 'Use stats.' },
          opened: { nullable: true },
          note: 'A note.',
        },
      },
    },
  } as const;

  test('names, descriptions, scalars, deprecations', async () => {
    const { sdl } = await gateway(answer, { schema });
    expect(sdl).toContain('"A shop."\ntype Shop {');
    expect(sdl).toContain('"Animals sold."\n  sold: Int! @deprecated(reason: "Use stats.")');
    expect(sdl).toContain('"A note."\n  note: String @deprecated(reason: "NoETL has deprecated it.")');
    expect(sdl).toContain('opened: DateTime\n');
  });

  test('a name that is nearly one of the schema is noted', async () => {
    const wrong = { types: { ShopPag: {}, ShopPage: { fields: { solt: 'x' } }, OfAnotherRelease: {} } };
    expect((await gateway(answer, { schema: wrong })).built.notes).toEqual([
      'schema.types.ShopPag: the schema has nothing of that name; nearest: ShopPage',
      'schema.types.ShopPage.fields.solt: the schema has nothing of that name; nearest: sold',
    ]);
  });
});
