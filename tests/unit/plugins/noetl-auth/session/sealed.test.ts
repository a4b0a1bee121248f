import { expect, it } from 'vitest';
import { providerTokens, seal, sealTokens, unseal } from '../../../../../plugins/noetl-auth/session/session-token.ts';
import { tokenOf } from '../../../../support/session-fakes.ts';

const token = tokenOf('noetl-session-a');

it('opens with the session token, and with no other', () => {
  const sealed = seal(token, 'the access token');
  expect(sealed).not.toContain('access');
  expect(unseal(token, sealed)).toBe('the access token');
  expect(unseal(tokenOf('noetl-session-b'), sealed)).toBeUndefined();
});

it('does not open when a byte was changed, or is missing', () => {
  const bytes = Buffer.from(seal(token, 'x'), 'base64url');
  for (let at = 0; at < bytes.length; at += 1) {
    const changed = Buffer.from(bytes);
    changed[at] = (changed[at] ?? 0) ^ 1;
    expect(unseal(token, changed.toString('base64url'))).toBeUndefined();
  }
  expect(unseal(token, bytes.subarray(0, 20).toString('base64url'))).toBeUndefined();
});

it('is different each time', () => {
  expect(seal(token, 'x')).not.toBe(seal(token, 'x'));
});

it('keeps the tokens of a provider', () => {
  const identity = { issuer: 'https://id.example.com/', subject: 'ada' };
  const sealed = sealTokens(token, { access: 'a' });
  expect(providerTokens(token, { ...identity, sealed })).toEqual({ access: 'a' });
  expect(providerTokens(token, identity)).toBeUndefined();
});
