import { describe, expect, it } from 'vitest';
import type { AnyUpstreamRow, GatewayConfig } from '../../../../gateway/config/gateway-config.ts';
import { emptyLock, type GatewayLock } from '../../../../generator/lock/gateway-lock.ts';
import { closeNew, unknownAcceptances } from '../../../../generator/lock/new-members.ts';
import { authenticated } from '../../../../plugins/noetl-auth/access/access-rule.ts';
import type { Operation } from '../../../../plugins/operation.ts';

const argument = (wire: string, where: 'path' | 'query' | 'body' = 'query') =>
  ({ wire, in: where, name: wire, constant: undefined, description: undefined }) as const;

const operation = (field: string, args: Operation['args'] = []): Operation => ({
  field,
  root: 'query',
  source: { kind: 'upstream', key: `GET /${field}`, method: 'GET', path: `/${field}` },
  kind: 'plain',
  catalogPaths: [],
  executionIds: [],
  start: undefined,
  access: authenticated(),
  description: undefined,
  args,
  fields: {},
  acceptRisk: undefined,
});

const name = (field: string, args: Record<string, string>, answer: string) => ({
  operation: `GET /${field}`,
  args,
  answer,
  shape: '',
});

const lock: GatewayLock = {
  names: {
    runs: name('runs', { size: 'query size: Int', filter: 'body filter: Filter' }, '[Run]'),
    run: name('run', {}, 'Page'),
  },
  types: {
    Run: { id: 'id: ID!', owner: 'owner: Owner' },
    Owner: { email: 'email: String' },
    Page: { run: 'run: Run' },
    Filter: { path: 'path: String' },
  },
  files: [],
};

const next = {
  names: {
    runs: name(
      'runs',
      { size: 'query size: Int', filter: 'body filter: Filter', tenant: 'query tenant: String' },
      '[Run]',
    ),
    run: name('run', {}, 'Page'),
    added: name('added', { tenant: 'query tenant: String' }, 'Fresh'),
  },
  types: {
    Run: { id: 'id: ID!', owner: 'owner: Owner', authToken: 'auth_token: String' },
    Owner: { email: 'email: String', secretId: 'secret_id: ID!' },
    Page: { run: 'run: Run' },
    Filter: { path: 'path: String', all: 'all: Boolean' },
    Fresh: { text: 'text: String' },
  },
};

const operations = [
  operation('runs', [argument('size'), argument('filter', 'body'), argument('tenant')]),
  operation('run'),
  operation('added', [argument('tenant')]),
];

const close = (
  rows: Record<string, Partial<AnyUpstreamRow>> = {},
  members: readonly string[] = [],
  before: GatewayLock = lock,
) =>
  closeNew(before, next, {
    operations,
    accept: { changes: false, members },
    config: {
      operations: Object.fromEntries(
        operations.map(({ field }) => [field, { upstream: `GET /${field}`, access: authenticated(), ...rows[field] }]),
      ),
      roles: [],
      grants: [],
    } as GatewayConfig,
  });

const pendingOf = (...given: Parameters<typeof close>) => close(...given).pending.map((one) => one.name);

describe('what a document adds to what is open', () => {
  it('stays closed: arguments, fields, members of arguments, and fields that are never null', () => {
    const { operations: closed, pending } = close();
    expect(pending.map(({ kind, name: called, also }) => [kind, called, ...also])).toEqual([
      ['field', 'run.run.authToken', 'runs.authToken'],
      ['field', 'run.run.owner.secretId', 'runs.owner.secretId'],
      ['member', 'runs.args.filter.all'],
      ['argument', 'runs.args.tenant'],
    ]);
    const [runs, run] = closed;
    expect(runs?.args.map((arg) => arg.name)).toEqual(['size', 'filter', undefined]);
    expect(runs?.closed).toEqual(['Filter.all', 'Owner.secret_id', 'Run.auth_token']);
    expect(run?.closed).toEqual(['Owner.secret_id', 'Run.auth_token']);
  });

  it('stays closed under another name of the row: a row with a former name is not new', () => {
    expect(pendingOf({ added: { formerNames: { runs: '2099-01-01' } } })).toContain('added.args.tenant');
    expect(pendingOf({ added: { formerNames: { unknown: '2099-01-01' } } })).not.toContain('added.args.tenant');
  });

  it('is open where the row is new, and everywhere when there is no lock', () => {
    expect(pendingOf().filter((one) => one.startsWith('added'))).toEqual([]);
    expect(pendingOf({}, [], emptyLock)).toEqual([]);
  });

  it.each([
    ['by its place', ['runs.args.tenant'], ['run.run.authToken', 'run.run.owner.secretId', 'runs.args.filter.all']],
    [
      'by another place of a shared type',
      ['runs.authToken'],
      ['run.run.owner.secretId', 'runs.args.filter.all', 'runs.args.tenant'],
    ],
    ['by its type', ['Run.authToken'], ['run.run.owner.secretId', 'runs.args.filter.all', 'runs.args.tenant']],
    ['by its row', ['runs'], []],
    ['with all', ['*'], []],
    ['not by a part of its name', ['runs.auth', 'run.run', 'args.tenant'], pendingOf()],
  ])('is accepted %s', (_how, members, want) => {
    expect(pendingOf({}, members)).toEqual(want);
  });

  it.each<[string, Partial<AnyUpstreamRow>, string[]]>([
    ["fields: 'all'", { fields: 'all' }, ['runs.args.filter.all', 'runs.args.tenant']],
    ["args: 'all'", { args: 'all' }, ['run.run.authToken', 'run.run.owner.secretId']],
    [
      'a field by name',
      { fields: { auth_token: true } },
      ['run.run.owner.secretId', 'runs.args.filter.all', 'runs.args.tenant'],
    ],
    [
      'a nested field by name',
      { fields: { 'owner.secret_id': 'ownerId' } },
      ['run.run.authToken', 'runs.args.filter.all', 'runs.args.tenant'],
    ],
    [
      'an argument by name',
      { args: { tenant: 'tenant' } },
      ['run.run.authToken', 'run.run.owner.secretId', 'runs.args.filter.all'],
    ],
    [
      'not by words about an argument',
      { args: { tenant: { description: 'Whose.' } } },
      ['run.run.authToken', 'run.run.owner.secretId', 'runs.args.filter.all', 'runs.args.tenant'],
    ],
  ])('is opened by the row: %s', (_how, row, want) => {
    expect(pendingOf({ runs: row })).toEqual(want);
  });

  it('leaves open what the upstream requires: a call without it fails, and compareLock reports it', () => {
    const required = { ...next, types: { ...next.types, Filter: { path: 'path: String', all: 'all: Boolean!' } } };
    const { pending } = closeNew(lock, required, {
      operations,
      accept: { changes: false, members: ['Run.authToken', 'Owner.secretId', 'runs.args.tenant'] },
      config: {
        operations: Object.fromEntries(
          operations.map(({ field }) => [field, { upstream: `GET /${field}`, access: authenticated() }]),
        ),
        roles: [],
        grants: [],
      },
    });
    expect(pending).toEqual([]);
  });
});

it('what is accepted and not new is a mistake, with what is near', () => {
  const { pending } = close();
  expect(unknownAcceptances({ changes: false, members: ['runs', '*', 'runs.authTokn'] }, pending, ['runs'])).toEqual([
    expect.stringMatching(/^--accept runs\.authTokn: there is nothing new of that name; nearest: runs\.authToken/),
  ]);
});
