import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { type JWK, SignJWT, UnsecuredJWT } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDevIssuer, type DevIssuer, type TokenOverrides } from '../../../../dev/issuer/dev-issuer.ts';
import { createIdentityVerifier, type IdentityVerifierOptions } from '../../../../server/identity/identity-verifier.ts';
import { keysTiming } from '../../../../server/identity/issuer-keys.ts';
import { handClock, recorder } from '../../../support/session-fakes.ts';

const discovery = '/.well-known/openid-configuration';
const jwks = '/.well-known/jwks.json';
const ada = { sub: 'ada', email: 'ada@example.com', name: 'Ada' };

let clock: ReturnType<typeof handClock>;
let issuer: DevIssuer;
const closing: DevIssuer[] = [];

async function openIssuer() {
  const opened = await createDevIssuer({ clock, users: [ada, { sub: 'bob' }], audience: 'app' });
  closing.push(opened);
  return opened;
}

beforeEach(async () => {
  clock = handClock();
  issuer = await openIssuer();
});
afterEach(async () => {
  for (const opened of closing.splice(0)) await opened.close();
});

function verifier(change: Partial<IdentityVerifierOptions> = {}) {
  const seen = recorder();
  const { verify } = createIdentityVerifier({
    trustedIssuers: [issuer.issuer],
    audiences: ['app', 'https://api.example.com'],
    algorithms: ['RS256', 'HS256', 'none'],
    mode: 'enforce',
    clock,
    observe: seen.observe,
    ...change,
  });
  const outcomes = () => seen.events.map((event) => event.type === 'identity_token' && event.outcome);
  return { verify, outcomes };
}

const seconds = () => Math.floor(clock() / 1000);
const domainOf = (opened: DevIssuer) => `127.0.0.1:${opened.port}`;

describe('what stands', () => {
  it('an ID token', async () => {
    const { verify, outcomes } = verifier();
    expect(await verify(await issuer.token('ada'), domainOf(issuer))).toEqual({
      identity: {
        issuer: issuer.issuer,
        subject: 'ada',
        email: 'ada@example.com',
        name: 'Ada',
        expiresAt: new Date((seconds() + 3600) * 1000),
        claims: expect.objectContaining({ sub: 'ada' }),
      },
    });
    expect(outcomes()).toEqual(['success']);
  });

  it('an access token: several audiences, no e-mail', async () => {
    const token = await issuer.token('bob', {
      claims: { aud: ['https://api.example.com', `${issuer.issuer}userinfo`], azp: 'spa', scope: 'openid' },
      header: { typ: 'at+jwt' },
    });
    expect(await verifier().verify(token, undefined)).toMatchObject({ identity: { subject: 'bob', email: undefined } });
  });

  it.each([null, ''])('a token whose e-mail is %j, which is none', async (email) => {
    const token = await issuer.token('bob', { claims: { email } });
    expect(await verifier().verify(token, undefined)).toMatchObject({ identity: { email: undefined } });
  });

  it.each([
    ['expired within the leeway', { exp: -59 }],
    ['valid from soon on', { nbf: 59 }],
    ['issued a little ahead', { iat: 59 }],
  ])('%s', async (_name, times) => {
    const claims = Object.fromEntries(Object.entries(times).map(([name, offset]) => [name, seconds() + offset]));
    expect(await verifier().verify(await issuer.token('ada', { claims }), undefined)).toHaveProperty('identity');
  });
});

describe('what does not', () => {
  const at = (offset: number) => seconds() + offset;
  const cases: [name: string, outcome: string, overrides: () => TokenOverrides][] = [
    ['another audience', 'bad_claims', () => ({ claims: { aud: 'other' } })],
    ['no audience', 'bad_claims', () => ({ claims: { aud: undefined } })],
    ['no expiry', 'bad_claims', () => ({ claims: { exp: undefined } })],
    ['expiry that is no number', 'bad_claims', () => ({ claims: { exp: '9999999999' } })],
    ['expired beyond the leeway', 'bad_claims', () => ({ claims: { exp: at(-61) } })],
    ['not valid yet', 'bad_claims', () => ({ claims: { nbf: at(62) } })],
    ['issued in the future', 'bad_claims', () => ({ claims: { iat: at(62) } })],
    ['no subject', 'bad_claims', () => ({ claims: { sub: undefined } })],
    ['a subject that is no text', 'bad_claims', () => ({ claims: { sub: 7 } })],
    ['an untrusted issuer', 'untrusted_issuer', () => ({ claims: { iss: 'https://evil.example.com/' } })],
    ['no issuer', 'untrusted_issuer', () => ({ claims: { iss: undefined } })],
    ['a template in a claim', 'bad_claims', () => ({ claims: { name: '{{ 6*7 }}' } })],
    ['a template in a nested key', 'bad_claims', () => ({ claims: { meta: [{ '{% x %}': 1 }] } })],
    ['a template in the header', 'bad_claims', () => ({ header: { note: '{# x #}' } })],
    ['an e-mail that is not verified', 'bad_claims', () => ({ claims: { email_verified: false } })],
    ['an e-mail nobody speaks for', 'bad_claims', () => ({ claims: { email_verified: undefined } })],
    ['an e-mail verified in words', 'bad_claims', () => ({ claims: { email_verified: 'true' } })],
    ['an unknown key', 'unknown_kid', () => ({ header: { kid: 'other' } })],
    ['a token of another kind', 'malformed', () => ({ header: { typ: 'logout+jwt' } })],
    ['a token that is too long', 'malformed', () => ({ claims: { filler: 'x '.repeat(4_000) } })],
  ];
  it.each(cases)('%s', async (_name, outcome, overrides) => {
    const { verify, outcomes } = verifier();
    expect(await verify(await issuer.token('ada', overrides()), undefined)).toEqual({ rejected: expect.any(String) });
    expect(outcomes()).toEqual([outcome]);
  });

  const claims = () => ({ iss: issuer.issuer, aud: 'app', sub: 'ada', iat: seconds(), exp: seconds() + 600 });

  it('a token without a signature', async () => {
    const { verify, outcomes } = verifier();
    const token = new UnsecuredJWT(claims()).encode();
    expect(await verify(token, undefined)).toHaveProperty('rejected');
    expect(await verify(`${token}eA`, undefined)).toHaveProperty('rejected');
    expect(outcomes()).toEqual(['bad_signature', 'bad_signature']);
  });

  it('a token signed with the public key as a shared secret', async () => {
    const { keys } = (await (await fetch(`${issuer.issuer}.well-known/jwks.json`)).json()) as { keys: [JWK] };
    const pem = createPublicKey({ key: keys[0], format: 'jwk' }).export({ type: 'spki', format: 'pem' });
    const header = { alg: 'HS256', ...(keys[0].kid !== undefined && { kid: keys[0].kid }) };
    const token = await new SignJWT(claims()).setProtectedHeader(header).sign(Buffer.from(pem));
    const { verify, outcomes } = verifier();
    expect(await verify(token, undefined)).toHaveProperty('rejected');
    expect(outcomes()).toEqual(['bad_signature']);
  });

  it('an algorithm that is not allowed', async () => {
    const { verify } = verifier({ algorithms: ['ES256'] });
    expect(await verify(await issuer.token('ada'), undefined)).toHaveProperty('rejected');
    expect(() => verifier({ algorithms: ['none', 'HS256'] })).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG_INVALID' }),
    );
  });

  it('claims changed after signing', async () => {
    const [header, , signature] = (await issuer.token('bob')).split('.');
    const forged = Buffer.from(JSON.stringify({ ...claims(), sub: 'root' })).toString('base64url');
    const { verify, outcomes } = verifier();
    expect(await verify(`${header}.${forged}.${signature}`, undefined)).toHaveProperty('rejected');
    expect(outcomes()).toEqual(['bad_signature']);
  });

  it.each(['', 'x', 'a.b.c', '..', '.'.repeat(5), 'opaque-token'])('no JWT: %j', async (token) => {
    const { verify, outcomes } = verifier();
    expect(await verify(token, undefined)).toHaveProperty('rejected');
    expect(outcomes()).toEqual(['malformed']);
    expect(issuer.requests).toEqual({});
  });
});

describe('which issuer', () => {
  it('is picked by the domain among trusted ones, and never added', async () => {
    const other = await openIssuer();
    const untrusted = await openIssuer();
    const { verify } = verifier({ trustedIssuers: [issuer.issuer, other.issuer] });
    expect(await verify(await other.token('ada'), domainOf(other))).toHaveProperty('identity');
    expect(await verify(await other.token('ada'), undefined)).toHaveProperty('identity');
    expect(await verify(await other.token('ada'), domainOf(issuer))).toHaveProperty('rejected');
    expect(await verify(await untrusted.token('ada'), domainOf(untrusted))).toHaveProperty('rejected');
    expect(await verify(await untrusted.token('ada'), undefined)).toHaveProperty('rejected');
    expect(await verify(await untrusted.token('ada'), domainOf(issuer))).toHaveProperty('rejected');
    expect(untrusted.requests).toEqual({});
    expect(issuer.requests).toEqual({});
  });

  it('must name itself in its discovery document', async () => {
    issuer.misbehave({ discoveryIssuer: 'https://evil.example.com/' });
    const { verify, outcomes } = verifier();
    await expect(verify(await issuer.token('ada'), undefined)).rejects.toMatchObject({ code: 'ERR_AUTH_UNAVAILABLE' });
    expect(outcomes()).toEqual(['jwks_unavailable']);
  });

  it.each([
    ['redirects', () => ({ redirectTo: `${issuer.issuer}elsewhere` })],
    ['sends too much', () => ({ paddingBytes: 300_000 })],
    ['has its keys at an address of another kind', () => ({ jwksUri: 'http://keys.example.com/jwks' })],
    ['is down', () => ({ down: true })],
  ])('cannot be asked when it %s: 503, not 401', async (_name, how) => {
    issuer.misbehave(how());
    const { verify } = verifier();
    await expect(verify(await issuer.token('ada'), undefined)).rejects.toMatchObject({ status: 503 });
    expect(issuer.requests).not.toHaveProperty('/elsewhere');
  });

  it('cannot be asked when it is slow: 503, in time', async () => {
    issuer.misbehave({ slowMs: 2_000 });
    const { verify } = verifier({ timing: { ...keysTiming, timeoutMs: 50 } });
    const began = Date.now();
    await expect(verify(await issuer.token('ada'), undefined)).rejects.toMatchObject({ status: 503 });
    expect(Date.now() - began).toBeLessThan(1_000);
  });

  it('cannot be believed with a key that is too weak: 503', async () => {
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
    issuer.misbehave({ extraKeys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'weak' } as JWK] });
    const token = await issuer.token('ada', { header: { kid: 'weak' } });
    await expect(verifier().verify(token, undefined)).rejects.toMatchObject({ code: 'ERR_AUTH_UNAVAILABLE' });
  });

  it('may have other keys in its set', async () => {
    issuer.misbehave({
      extraKeys: [
        { kty: 'oct', kid: 'x', k: 'c2VjcmV0' },
        { kty: 'RSA', use: 'enc', kid: 'y' },
      ],
    });
    expect(await verifier().verify(await issuer.token('ada'), undefined)).toHaveProperty('identity');
  });
});

describe('keys', () => {
  it('rotate without a restart', async () => {
    const { verify } = verifier();
    const old = await issuer.token('ada');
    expect(await verify(old, undefined)).toHaveProperty('identity');
    await issuer.rotate({ forget: true });
    expect(await verify(await issuer.token('ada'), undefined)).toHaveProperty('identity');
    expect(await verify(old, undefined)).toHaveProperty('rejected');
  });

  it('that nobody knows do not flood the issuer', async () => {
    const { verify } = verifier();
    await verify(await issuer.token('ada'), undefined);
    const flood = await Promise.all(
      Array.from({ length: 200 }, (_, i) => issuer.token('ada', { header: { kid: `kid-${i}` } })),
    );
    await Promise.all(flood.slice(0, 100).map((token) => verify(token, undefined)));
    for (const token of flood.slice(100)) await verify(token, undefined);
    expect(issuer.requests[jwks]).toBeLessThanOrEqual(1 + keysTiming.extraLoads);
    expect(issuer.requests[discovery]).toBeLessThanOrEqual(1 + keysTiming.extraLoads);
  });

  it('last known serve while the issuer is down, then it is 503 and not 401', async () => {
    const { verify, outcomes } = verifier();
    await verify(await issuer.token('ada'), undefined);
    issuer.misbehave({ down: true });
    clock.advance(keysTiming.freshMs + 1);
    expect(await verify(await issuer.token('ada'), undefined)).toHaveProperty('identity');
    await expect(verify(await issuer.token('ada', { header: { kid: 'new' } }), undefined)).rejects.toMatchObject({
      status: 503,
    });
    clock.advance(keysTiming.staleMs);
    await expect(verify(await issuer.token('ada'), undefined)).rejects.toMatchObject({ status: 503 });
    issuer.misbehave({});
    clock.advance(keysTiming.retryStaleMs);
    expect(await verify(await issuer.token('ada'), undefined)).toHaveProperty('identity');
    expect(outcomes()).toEqual(['success', 'success', 'jwks_unavailable', 'jwks_unavailable', 'success']);
  });
});

describe('e-mail that is not verified', () => {
  it('is ignored where the gateway issues sessions', async () => {
    const { verify } = verifier({ unverifiedEmail: 'ignore' });
    for (const email_verified of [false, undefined, 'true']) {
      const result = await verify(await issuer.token('ada', { claims: { email_verified } }), undefined);
      expect(result).toMatchObject({ identity: { subject: 'ada', email: undefined } });
    }
  });
});

describe('shadow mode', () => {
  it('counts, and passes on what it would refuse, marked', async () => {
    const { verify, outcomes } = verifier({ mode: 'shadow' });
    const tokens = [
      await issuer.token('ada'),
      await issuer.token('ada', { claims: { aud: 'other' } }),
      new UnsecuredJWT({ iss: issuer.issuer, sub: 'ada', name: 'Ada' }).encode(),
    ];
    const marks = [];
    for (const token of tokens) {
      const result = await verify(token, undefined);
      marks.push('identity' in result && (result.identity.unverified ?? false));
    }
    expect(marks).toEqual([false, true, true]);
    expect(outcomes()).toEqual(['success', 'bad_claims', 'bad_signature']);
  });

  it('passes on while the keys cannot be had', async () => {
    issuer.misbehave({ down: true });
    const { verify, outcomes } = verifier({ mode: 'shadow' });
    expect(await verify(await issuer.token('ada'), undefined)).toMatchObject({ identity: { unverified: true } });
    expect(outcomes()).toEqual(['jwks_unavailable']);
  });

  it('names only a trusted issuer, whatever the token says', async () => {
    const { verify } = verifier({ mode: 'shadow' });
    const token = await issuer.token('ada', { claims: { iss: 'https://evil.example.com/' } });
    expect(await verify(token, undefined)).toMatchObject({ identity: { issuer: issuer.issuer, unverified: true } });
    expect(await verify(token, 'evil.example.com')).toHaveProperty('rejected');
  });

  it('refuses what must not reach NoETL at all', async () => {
    const { verify } = verifier({ mode: 'shadow' });
    for (const claims of [{ name: '{{ 7*7 }}' }, { sub: undefined }, { filler: 'x '.repeat(4_000) }]) {
      expect(await verify(await issuer.token('ada', { claims }), undefined)).toHaveProperty('rejected');
    }
    expect(await verify('opaque', undefined)).toHaveProperty('rejected');
  });
});

describe('opaque access tokens', () => {
  it('are resolved at the trusted issuer, where allowed', async () => {
    const { verify } = verifier({ allowUserinfo: true });
    const token = issuer.opaqueToken('ada');
    expect(await verify(token, domainOf(issuer))).toMatchObject({
      identity: { subject: 'ada', email: 'ada@example.com', issuer: issuer.issuer },
    });
    expect(await verify('opaque-other', undefined)).toHaveProperty('rejected');
    expect(await verifier().verify(token, undefined)).toHaveProperty('rejected');
  });

  it('go to one issuer only', async () => {
    const other = await openIssuer();
    const { verify } = verifier({ allowUserinfo: true, trustedIssuers: [issuer.issuer, other.issuer] });
    expect(await verify(issuer.opaqueToken('ada'), undefined)).toHaveProperty('rejected');
    expect(await verify(issuer.opaqueToken('ada'), 'evil.example.com')).toHaveProperty('rejected');
    expect([issuer.requests, other.requests]).toEqual([{}, {}]);
    expect(await verify(issuer.opaqueToken('ada'), domainOf(issuer))).toHaveProperty('identity');
  });

  it('are neither yes nor no while the issuer is down', async () => {
    const { verify } = verifier({ allowUserinfo: true });
    issuer.misbehave({ down: true });
    await expect(verify(issuer.opaqueToken('ada'), undefined)).rejects.toMatchObject({ status: 503 });
  });
});
