import { describe, expect, test } from 'vitest';
import type { AccessRequest } from '../../../../plugins/noetl-auth/access/access-rule.ts';
import { askCustomRule, headersForRules } from '../../../../plugins/noetl-auth/custom-rule.ts';
import { by } from '../../../support/decision-setup.ts';

const ask = (decide: (request: AccessRequest) => unknown) => askCustomRule(decide, {} as AccessRequest);
const plain = 'you may not do this';

describe('a verdict', () => {
  test.each<[name: string, given: unknown, allowed: boolean, reason: string | undefined, message: string | undefined]>([
    ['true', true, true, undefined, undefined],
    ['an object that allows', { allow: true }, true, undefined, undefined],
    ['with a reason', { allow: true, reason: 'on call' }, true, 'rule: on call', undefined],
    ['false', false, false, 'rule', plain],
    ['an object that denies', { allow: false }, false, 'rule', plain],
    ['a reason for the log', { allow: false, reason: 'late' }, false, 'rule: late', plain],
    ['a reason for the caller', { allow: false, reason: 'late', show: true }, false, 'rule: late', `${plain}: late`],
    ['show is true or nothing', { allow: false, reason: 'late', show: 'yes' }, false, 'rule: late', plain],
    ['allow is true or nothing', { allow: 'yes' }, false, 'rule', plain],
    ['an object without allow', { reason: 'late' }, false, 'rule: late', plain],
    ['a list', [true], false, 'rule', plain],
    ['null', null, false, 'rule', plain],
    ['a reason that is no text', { allow: false, reason: { secret: 1 }, show: true }, false, 'rule', plain],
    ['a blank reason', { allow: false, reason: ' \n ', show: true }, false, 'rule', plain],
    ['one line', { allow: false, reason: 'a\r\nb\u2028c', show: true }, false, 'rule: a b c', `${plain}: a b c`],
  ])('%s', async (_name, given, allowed, reason, message) => {
    for (const decide of [() => given, async () => given]) {
      const verdict = await ask(decide);
      expect([verdict.allowed, verdict.reason]).toEqual([allowed, reason]);
      expect(verdict.allowed ? undefined : [verdict.error.code, verdict.error.message]).toEqual(
        message === undefined ? undefined : ['ERR_ACCESS_DENIED', message],
      );
    }
  });

  test('a reason is bounded, and is text', async () => {
    const long = await ask(() => ({ allow: false, reason: `${'x'.repeat(199)}😀`, show: true }));
    expect(long.reason).toHaveLength('rule: '.length + 200);
    expect(long.reason?.isWellFormed()).toBe(true);
  });

  test.each([
    [
      'thrown',
      () => {
        throw new Error('secret');
      },
    ],
    ['rejected', () => Promise.reject(new Error('secret'))],
  ])('an error denies, and is not shown: %s', async (_name, decide) => {
    expect(await ask(decide)).toMatchObject({ allowed: false, reason: 'rule', error: { message: plain } });
  });
});

test('headers have lower-case names, and hold neither the session nor credentials', () => {
  const { token } = by.caller;
  const headers = headersForRules(
    [
      ['X-Tenant', 'acme'],
      ['Authorization', `Bearer ${token}`],
      ['authorization', 'Basic eDp5'],
      ['Proxy-Authorization', 'Basic eDp5'],
      ['Cookie', 'theme=dark'],
      ['X-Session-Token', 'another'],
      ['X-Forwarded-Session', `t=${token};`],
      ['__proto__', 'x'],
    ],
    by.caller,
  );
  expect(Object.entries(headers)).toEqual([
    ['x-tenant', 'acme'],
    ['__proto__', 'x'],
  ]);
  expect(headers['constructor']).toBeUndefined();
  expect(Object.isFrozen(headers)).toBe(true);
});
