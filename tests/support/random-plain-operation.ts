import {
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isAbstractType,
  isEnumType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql';
import { rawNumber } from '../../plugins/json/lossless-json.ts';

/** Random numbers that are the same each time. */
export function randomFrom(seed: number) {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const below = (count: number): number => Math.floor(next() * count);
  return {
    below,
    chance: (probability: number): boolean => next() < probability,
    pick: <T>(list: readonly T[]): T => list[below(list.length)] as T,
  };
}

export type Random = ReturnType<typeof randomFrom>;

export interface PlainOperation {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** Literals by the name of an argument. */
export type Literals = Readonly<Record<string, readonly string[]>>;

/** A valid operation over fields of a schema, with aliases, fragments, `__typename`, and now and then a directive. */
export function randomPlainOperation(
  schema: GraphQLSchema,
  roots: readonly string[],
  literals: Literals,
  random: Random,
): PlainOperation {
  const fragments: string[] = [];
  const query = schema.getQueryType() as GraphQLObjectType;
  const set = selectionOf(query, 0);
  const all = `{ ${set}${random.chance(0.1) ? ' q: __typename @include(if: $flag)' : ''} } ${fragments.join(' ')}`;
  const declared = ['$flag: Boolean = true', '$names: [String!]'].filter((one) =>
    all.includes(one.split(':')[0] ?? ''),
  );
  const variables = { names: random.pick([null, ['a'], ['a', 'b']]), ...(random.chance(0.5) ? { flag: false } : {}) };
  return { query: `query Q${declared.length === 0 ? '' : `(${declared.join(', ')})`} ${all}`, variables };

  function selectionOf(type: GraphQLObjectType, depth: number): string {
    const fields = Object.values(type.getFields()).filter(
      (field) => (depth > 0 || roots.includes(field.name)) && (depth < 4 || isLeafType(getNamedType(field.type))),
    );
    const count = depth === 0 ? 1 + random.below(2) : 1 + random.below(6);
    const parts = Array.from({ length: count }, (_, index) => fieldText(random.pick(fields), depth, index));
    if (random.chance(0.15)) parts.push('__typename');
    if (random.chance(0.15)) parts.push(`... on ${type.name} { ${parts[0]} }`);
    if (random.chance(0.1)) parts.push(`... { ${parts.at(-1)} }`);
    return random.chance(0.1) ? spread(type, parts.join(' ')) : parts.join(' ');
  }

  function spread(type: GraphQLObjectType, body: string): string {
    fragments.push(`fragment F${fragments.length} on ${type.name} { ${body} }`);
    return `...F${fragments.length - 1}`;
  }

  function fieldText(field: GraphQLField<unknown, unknown>, depth: number, index: number): string {
    const type = getNamedType(field.type);
    // Keys are different for different fields and arguments, so that nothing conflicts.
    const args = argsText(field);
    const isNamed = args === '' && isLeafType(type) && depth > 0 && random.chance(0.7);
    const alias = isNamed ? '' : `k${depth}_${index}_${fragments.length}_${random.below(1_000_000)}: `;
    const directive = random.chance(0.02) ? ' @skip(if: $flag)' : '';
    return `${alias}${field.name}${args}${directive}${innerText(type, depth)}`;
  }

  function innerText(type: ReturnType<typeof getNamedType>, depth: number): string {
    if (isObjectType(type)) return ` { ${selectionOf(type, depth + 1)} }`;
    if (!isAbstractType(type)) return '';
    const possible = schema
      .getPossibleTypes(type)
      .map((one) => `... on ${one.name} { ${selectionOf(one, depth + 1)} }`);
    return ` { __typename ${possible.join(' ')} }`;
  }

  function argsText({ args }: GraphQLField<unknown, unknown>): string {
    const given = args.flatMap((arg) => {
      const values = literals[arg.name];
      const isRequired = isNonNullType(arg.type) && arg.defaultValue === undefined;
      return values === undefined || (!isRequired && random.chance(0.5)) ? [] : [`${arg.name}: ${random.pick(values)}`];
    });
    return given.length === 0 ? '' : `(${given.join(', ')})`;
  }
}

const texts = [
  ...[
    '',
    'plain',
    'with "quotes" and \\',
    'line\nbreak\ttab',
    '\u0001\u001f',
    'é ß 日本',
    '😀',
    '\ud800',
    'a'.repeat(600),
  ],
  ...['12', '2026-01-02T03:04:05', '2026-01-02 03:04:05.123456', '2026-01-02T03:04:05Z', 'true', '\u2028\u007f'],
];
const numbers: readonly unknown[] = [
  ...[0, -0, 1, -5, 1.5, 2_147_483_647, 2_147_483_648, -2_147_483_649, 1e21, 1e-7, 9_007_199_254_740_991],
  ...[rawNumber('9007199254740993'), rawNumber('-767008253774397449'), rawNumber('123456789012345678901234567890')],
];
const odd: readonly unknown[] = [
  true,
  false,
  {},
  [],
  [[]],
  { rawJSON: '1' },
  JSON.parse('{"then":1}'),
  ['a', null],
  { toJSON: 'x' },
];

const anyLeaf = (random: Random): unknown => random.pick([texts, numbers, odd].flat());

/** A value that fits the type most of the time. `broken`: how often it does not. */
export function randomValue(
  type: GraphQLOutputType,
  wireOf: (type: string, field: string) => string,
  random: Random,
  broken: number,
  depth = 0,
): unknown {
  if (random.chance(broken)) return random.pick([null, anyLeaf(random)]);
  if (!isNonNullType(type) && random.chance(0.1)) return null;
  const named = getNullableType(type);
  if (isListType(named)) {
    const item = () => randomValue(named.ofType, wireOf, random, broken, depth);
    return Array.from({ length: random.below(depth < 2 ? 4 : 2) }, item);
  }
  if (isEnumType(named)) return random.pick(named.getValues()).name;
  if (isLeafType(named)) return leafOf(named.name, random);
  const object = isAbstractType(named) ? undefined : named;
  if (object === undefined) return { kind: random.pick(['Cat', 'Dog', 'x']), name: 'n', meows: 1, barks: 2 };
  const members = Object.values(object.getFields()).flatMap((field) => {
    const isDeep = depth > 4 && !isLeafType(getNamedType(field.type));
    if (isDeep || random.chance(broken)) return [];
    const wire = random.chance(0.9) ? wireOf(object.name, field.name) : field.name;
    return [[wire, randomValue(field.type, wireOf, random, broken, depth + 1)] as const];
  });
  return Object.fromEntries(members);
}

function leafOf(name: string, random: Random): unknown {
  switch (name) {
    case 'Int':
      return random.below(1_000) - 500;
    case 'Float':
      return random.pick([...numbers.slice(0, 9), 1]);
    case 'Boolean':
      return random.chance(0.5);
    case 'ID':
      return random.pick(['7', 7, rawNumber('767008253774397449'), 'é"']);
    case 'String':
    case 'DateTime':
      return random.pick([...texts, rawNumber('9007199254740993')]);
    default:
      return random.pick([{ a: [1, { b: rawNumber('9007199254740993') }], 'é"': '\ud800' }, anyLeaf(random)]);
  }
}
