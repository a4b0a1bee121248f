import { describe, expect, test } from 'vitest';
import { endSessions, sessionsNamed, withIssuerName } from '../../../../gateway/config/gateway-rows.ts';
import { rulesOf } from '../../../support/issuer-rules.ts';

const issuer = 'https://idp.example.com/';

describe('which sessions are meant', () => {
  test.each([
    ['those of a user', { userId: '7' }, { userId: '7' }],
    ['one of a user', { userId: '7', session: 's1' }, { session: 's1', ofUser: '7' }],
    ['those of an issuer', { issuer }, { issuer }],
    ['of a subject at it', { issuer, subject: 'ada' }, { issuer, subject: 'ada' }],
    ['of a client of it', { issuer, client: 'app' }, { issuer, client: 'app' }],
    ['absent and null members count for nothing', { userId: '7', issuer: null, client: undefined }, { userId: '7' }],
  ])('%s', (_name, given, want) => {
    expect(sessionsNamed(given)).toStrictEqual(want);
  });

  test.each([
    ['nothing', {}],
    ['only null', { userId: null }],
    ['an empty text', { userId: '' }],
    ['a number', { userId: 7 }],
    ['a user with an empty session, which is not all of the user', { userId: '7', session: '' }],
    ['a session without its user', { session: 's1' }],
    ['a user of an issuer', { userId: '7', issuer }],
    ['a session of a user of an issuer', { userId: '7', session: 's1', issuer }],
    ['a session of an issuer', { issuer, session: 's1' }],
    ['a subject without its issuer', { subject: 'ada' }],
    ['a client without its issuer', { client: 'app' }],
    ['a user and a subject', { userId: '7', subject: 'ada' }],
    ['a subject and a client', { issuer, subject: 'ada', client: 'app' }],
  ])('is refused, and nothing ends: %s', (_name, given) => {
    expect(() => sessionsNamed(given)).toThrow(
      expect.objectContaining({ code: 'ERR_REQUEST_INVALID', message: expect.stringMatching(/^name a userId, or/) }),
    );
  });
});

describe('the issuer as sessions hold it', () => {
  const rules = [
    rulesOf({ issuer: 'https://other.example.com' }),
    rulesOf({ issuer, aliases: ['https://login.example.com'] }),
  ];

  test.each([
    ['as the config has it', issuer, issuer],
    ['without the slash at its end', 'https://idp.example.com', issuer],
    ['an alias', 'https://login.example.com/', issuer],
    ['one that the config does not have', 'https://gone.example.com', 'https://gone.example.com'],
  ])('%s', (_name, named, want) => {
    expect(withIssuerName({ issuer: named, subject: 'ada' }, rules)).toEqual({ issuer: want, subject: 'ada' });
  });

  test('a target without an issuer stays as it is', () => {
    expect(withIssuerName({ userId: '7' }, rules)).toEqual({ userId: '7' });
    expect(withIssuerName({ session: 's1', ofUser: '7' }, rules)).toEqual({ session: 's1', ofUser: '7' });
  });
});

test('the row for operators is a mutation for its roles, and ends what its arguments name', async () => {
  const row = endSessions('admin', 'support');
  expect(row).toMatchObject({ gateway: 'mutation', access: { kind: 'role', roles: ['admin', 'support'] } });
  for (const argument of ['userId', 'session', 'issuer', 'subject', 'client']) {
    expect(row.sdl).toMatch(new RegExp(`^endSessions\\([^)]*\\b${argument}: String`));
  }
  expect(row.description).toMatch(/on all replicas/);
  const ended: unknown[] = [];
  const end = async (target: unknown) => void ended.push(target);
  const call = { args: { userId: '7' }, endSessions: end } as unknown as Parameters<typeof row.resolve>[0];
  expect(await row.resolve(call)).toBe(true);
  expect(ended).toEqual([{ userId: '7' }]);
  await expect(row.resolve({ ...call, args: {} })).rejects.toMatchObject({ code: 'ERR_REQUEST_INVALID' });
  expect(ended).toHaveLength(1);
});
