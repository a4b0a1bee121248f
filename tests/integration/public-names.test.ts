import { parse } from 'graphql';
import { describe, expect, test } from 'vitest';
import { fieldRules } from '../../gateway/calls/root-fields.ts';
import { hasExpired, withFormerNames } from '../../gateway/config/former-names.ts';
import { buildSchema } from '../../generator/build-schema.ts';
import { decideOperation } from '../../plugins/noetl-auth/decide-operation.ts';
import { configOf, foreignDocument, foreignGateway, type Rows } from '../support/foreign-gateway.ts';
import { handClock, sessionOf, tokenOf } from '../support/session-fakes.ts';

const document = foreignDocument('types.yaml');
const rows: Rows = {
  store: {
    upstream: 'GET /shop',
    formerNames: { shop: '2027-03-01' },
    args: { state: { name: 'orderState', formerNames: { state: '2.0.0' } }, day: { deprecated: 'Use since.' } },
  },
  numbers: { upstream: 'GET /stats', deprecated: 'Ask elsewhere.' },
};
const script = { 'GET /shop': { body: { sold: 1 } } };

describe('a former name', () => {
  test('is in the schema, deprecated, beside the new one', async () => {
    const { sdl } = await foreignGateway(document, rows, script);
    const bare = sdl.replaceAll(/ @(?:httpOperation|noetl)\([^\n]*?\)(?= @deprecated|\n)/g, '');
    expect(bare).toContain('): ShopPage @deprecated(reason: "Use store. This name works until 2027-03-01.")');
    expect(bare).toContain(
      'state: OrderState @deprecated(reason: "Use orderState. This name works until version 2.0.0.")',
    );
    expect(bare).toContain('orderState: OrderState,');
    expect(bare).toContain('day: Date @deprecated(reason: "Use since.")');
    expect(bare).toContain('numbers: NumbersAnswer @deprecated(reason: "Ask elsewhere.")');
  });

  test('calls what the new one calls', async () => {
    const { ask, calls } = await foreignGateway(document, rows, script);
    expect((await ask('{ shop { sold } }')).data).toEqual({ shop: { sold: 1 } });
    expect(calls[0]?.path).toBe('/shop');
  });

  test.each([
    ['{ store(state: new) { sold } }', { orderState: 'new' }],
    ['{ store(orderState: done) { sold } }', { orderState: 'done' }],
    ['{ store(state: new, orderState: done) { sold } }', { orderState: 'new' }],
  ])('%s is decided and sent under the new name', async (source, args) => {
    const { schema, rootFields } = await foreignGateway(document, rows, script);
    const session = sessionOf(handClock()());
    const decided = await decideOperation(
      { schema, document: parse(source) },
      { caller: { session, token: tokenOf('a') }, requestId: '1' },
      {
        rules: fieldRules(rootFields),
        checker: { check: async () => ({ allowed: true, why: 'x', grant: undefined }) as never },
        executionPath: async () => undefined,
        unbrokenRun: 100,
        resolvers: 'gateway',
        observe: () => {},
      },
    );
    expect('decisions' in decided && decided.decisions.get('store')).toMatchObject({ outcome: 'allowed', args });
    expect(rootFields.get('store')?.plan?.argumentNames.has('state')).toBe(false);
  });

  test('stops generate when it is dropped early, and not when its time has come or that is accepted', async () => {
    const lock = { ...(await buildSchema(document, configOf(rows))).names, files: [] };
    const { store } = rows;
    const without = configOf({
      ...rows,
      store: { ...store, upstream: 'GET /shop', formerNames: {}, args: { state: 'orderState' } },
    });
    const early = { date: '2027-02-28', version: '1.9.9' };
    await expect(buildSchema(document, without, { lock, now: early })).rejects.toMatchObject({
      problems: [
        'operations.shop is a former name that was promised until 2027-03-01',
        'operations.shop: the argument state is a former name that was promised until 2.0.0',
        'operations.store: the argument state is a former name that was promised until 2.0.0',
        'to accept the new meanings as they are: generate --accept, without a name (names and * open new parts only)',
      ],
    });
    await expect(
      buildSchema(document, without, { lock, now: { date: '2027-03-01', version: '2.0.0' } }),
    ).resolves.toBeDefined();
    const accept = { changes: true, members: [] };
    await expect(buildSchema(document, without, { lock, now: early, accept })).resolves.toBeDefined();
  });
});

test('days and versions', () => {
  const now = { date: '2026-11-27', version: '1.10.0' };
  expect(
    ['2026-11-27', '2026-11-28', '1.9.0', '1.10.0', '1.10.1', '2.0.0'].map((until) => hasExpired(until, now)),
  ).toEqual([true, false, true, true, false, false]);
});

test('a name that another row has taken is that row’s, and doing it twice changes nothing', () => {
  const config = configOf({ ...rows, shop: { upstream: 'GET /stats' } });
  expect(withFormerNames(config)).toBe(config);
  const once = withFormerNames(configOf(rows));
  expect(withFormerNames(once)).toBe(once);
});

describe('a type of a row’s own', () => {
  const own: Rows = {
    shop: { upstream: 'GET /shop' },
    shopDetail: { upstream: 'GET /shop', types: { ShopPage: 'ShopDetail' }, fields: { sold: false, price: 'cost' } },
  };

  test('hides and renames in that row only', async () => {
    const { sdl, ask } = await foreignGateway(document, own, { 'GET /shop': { body: { sold: 1, price: '2' } } });
    expect(/type ShopPage \{[^}]*\}/.exec(sdl)?.[0]).toContain('sold: BigInt!');
    const detail = /type ShopDetail \{[^}]*\}/.exec(sdl)?.[0];
    expect(detail).not.toContain('sold');
    expect(detail).toContain('cost: Decimal!');
    expect((await ask('{ shopDetail { cost } }')).data).toEqual({ shopDetail: { cost: '2' } });
  });

  test('must be reached by types of its own, under a free name', async () => {
    const of = (types: Record<string, string>) =>
      foreignGateway(document, { ...own, shopDetail: { upstream: 'GET /shop', types } }, {});
    await expect(of({ Cat: 'ShopCat' })).rejects.toMatchObject({
      problems: ['operations.shopDetail.types.Cat: the answer leads to it by a type that is shared; name that one too'],
    });
    await expect(of({ ShopPage: 'Cat', Nothing: 'X' })).rejects.toMatchObject({
      problems: [
        'operations.shopDetail.types.ShopPage: Cat is the name of another type',
        'operations.shopDetail.types.Nothing: the schema has no type of that name',
      ],
    });
  });
});
