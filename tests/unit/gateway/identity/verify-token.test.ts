import { describe, expect, it } from 'vitest';
import { readLogoutToken } from '../../../../gateway/identity/verify-token.ts';
import { createProvider } from '../../../support/provider-world.ts';

const issuer = 'https://id.example.com/';
const events = { 'http://schemas.openid.net/event/backchannel-logout': {} };
const logout = { aud: 'app', sub: 'ada', sid: 's-1', jti: 'j', events };
const standard = { typ: 'logout+jwt' };

interface Given {
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly header?: Readonly<Record<string, unknown>>;
  /** Seconds from now, put into these claims. */
  readonly times?: Readonly<Record<string, number>>;
}

async function read({ claims = {}, header = standard, times = {} }: Given, change = (token: string) => token) {
  const provider = await createProvider(issuer);
  const { known } = provider.verifier({ issuer });
  const at = Object.entries(times).map(([name, secs]) => [name, provider.nowSecs() + secs]);
  const token = await provider.sign({ ...logout, ...Object.fromEntries(at), ...claims }, header);
  return readLogoutToken(change(token), known, new Date(provider.clock()));
}

/** OpenID Connect Back-Channel Logout 1.0, sections 2.4 and 2.6. */
describe('a logout token', () => {
  it.each<[string, Given, object]>([
    ['with sub and sid', {}, { issuer, subject: 'ada', sid: 's-1' }],
    ['with sub alone', { claims: { sid: undefined } }, { issuer, subject: 'ada' }],
    ['with sid alone', { claims: { sub: undefined } }, { issuer, sid: 's-1' }],
    ['of an older provider, typ JWT', { header: { typ: 'JWT' } }, { issuer, subject: 'ada', sid: 's-1' }],
    ['without exp', { claims: { exp: undefined } }, { issuer, subject: 'ada', sid: 's-1' }],
    ['of four minutes ago', { times: { iat: -240 } }, { issuer, subject: 'ada', sid: 's-1' }],
  ])('%s names what ends', async (_name, given, target) => {
    expect(await read(given)).toEqual({ target });
  });

  it.each<[string, Given, string]>([
    ['of another issuer', { claims: { iss: 'https://evil.example.com/' } }, 'issuer_untrusted'],
    ['for another client', { claims: { aud: 'other' } }, 'audience_mismatch'],
    ['for no client', { claims: { aud: undefined } }, 'audience_mismatch'],
    ['without the event', { claims: { events: undefined } }, 'token_kind'],
    ['with another event', { claims: { events: { 'https://example.com/other': {} } } }, 'token_kind'],
    ['whose event is no object', { claims: { events: { [Object.keys(events)[0] ?? '']: true } } }, 'token_kind'],
    ['with a nonce, which an ID token has', { claims: { nonce: 'n' } }, 'token_kind'],
    ['of another typ', { header: { typ: 'at+jwt' } }, 'token_kind'],
    ['that is old', { times: { iat: -301 } }, 'token_too_old'],
    ['that has expired', { times: { exp: -61 } }, 'token_too_old'],
    ['of the future', { times: { iat: 62 } }, 'issued_in_future'],
    ['without iat', { claims: { iat: undefined } }, 'issued_in_future'],
    ['without an id', { claims: { jti: undefined } }, 'malformed'],
    ['that names no session', { claims: { sub: undefined, sid: '' } }, 'subject_missing'],
    ['that is too long', { claims: { filler: 'x '.repeat(10_000) } }, 'too_long'],
  ])('%s ends nothing', async (_name, given, reason) => {
    expect(await read(given)).toMatchObject({ reason });
  });

  it('with another signature ends nothing', async () => {
    const forged = (token: string) => `${token.slice(0, token.lastIndexOf('.'))}.${'A'.repeat(342)}`;
    expect(await read({}, forged)).toMatchObject({ reason: 'signature_invalid' });
    expect(await read({}, () => 'not-a-token')).toMatchObject({ reason: 'malformed' });
  });
});
