import { FlattenedSign, SignJWT, UnsecuredJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { issuer } from '../../../../gateway/config/issuer-presets.ts';
import type { IssuerEntry } from '../../../../gateway/config/issuers.ts';
import { resolved } from '../../../support/issuer-rules.ts';
import { keyPair } from '../../../support/key-pairs.ts';
import { createProvider, type ProviderOptions } from '../../../support/provider-world.ts';

/**
 * Every case that three real providers and their documented token shapes have shown, with the result and its reason code.
 * Flows of the providers themselves are in `tests/services/identity`.
 */
interface Case {
  /** Default: an entry with the audience `app`. */
  readonly entry?: Partial<IssuerEntry>;
  /** Other entries of the config, after the first one. */
  readonly others?: readonly IssuerEntry[];
  /** How the provider names itself. Default: the entry's issuer. */
  readonly publishes?: string;
  readonly provider?: ProviderOptions;
  readonly claims?: Readonly<Record<string, unknown>>;
  /** Seconds from now, put into these claims. */
  readonly times?: Readonly<Record<string, number>>;
  readonly header?: Readonly<Record<string, unknown>>;
  /** Instead of a token that the provider has signed. */
  readonly token?: string | (() => Promise<string>);
  readonly domain?: string;
  readonly userinfo?: () => Response;
  /** NoETL logs in, by e-mail. */
  readonly noetl?: true;
  /** A reason code; a member of the identity; or what could not be found out. */
  readonly want: string | Readonly<Record<string, unknown>>;
}

const iss = 'https://sso.example.com/realms/acme';
const ok = { subject: 'ada' };
const access = { typ: 'at+jwt' };
const email = { email: 'ada@example.com' };
const person = { sub: 'ada', email: 'ada@example.com', email_verified: true, name: 'Ada' };
const opaque = { accept: ['id_token', 'access_token', 'opaque'], userinfo: true } as const;
const info = () => Response.json(person);
const roles = (claim: string) => ({ roles: { claim } });
const groups = (count: number) => ({ groups: Array.from({ length: count }, () => crypto.randomUUID()) });
const forged = async (header: object) => {
  const { privateKey, publicKey } = await keyPair('RS256');
  const jwk = await crypto.subtle.exportKey('jwk', publicKey);
  const exp = Math.floor(Date.UTC(2026, 10, 25) / 1000) + 3600;
  return new SignJWT({ iss, aud: 'app', sub: 'ada', exp })
    .setProtectedHeader({ alg: 'RS256', kid: 'one', jwk, ...header } as never)
    .sign(privateKey);
};
/** Signed by the provider's own key, with members of the header that the JWT classes of the library do not write. */
const extended = async (header: object) => {
  const { privateKey } = await keyPair('RS256');
  const exp = Math.floor(Date.UTC(2026, 10, 25) / 1000) + 3600;
  const payload = Buffer.from(JSON.stringify({ iss, aud: 'app', sub: 'ada', exp }));
  const { signature, protected: head } = await new FlattenedSign(payload)
    .setProtectedHeader({ alg: 'RS256', kid: 'one', ...header })
    .sign(privateKey);
  return `${head}.${payload.toString('base64url')}.${signature}`;
};
const tenant = '6babcaad-604b-40ac-a9d7-9fd97c0b779f';
const unavailable = (problem: RegExp) => ({ unavailable: problem });

const cases: Readonly<Record<string, Case>> = {
  ...Object.fromEntries(
    ['RS256', 'PS256', 'ES256', 'ES384', 'EdDSA', 'Ed25519'].map((algorithm) => [
      `ID token, ${algorithm}`,
      { provider: { algorithm }, want: ok },
    ]),
  ),
  'ID token without kid, one key': { header: { kid: undefined }, want: ok },
  'no signature': { token: new UnsecuredJWT({ iss, aud: 'app', sub: 'ada' }).encode(), want: 'algorithm_not_allowed' },
  HS256: {
    token: () =>
      new SignJWT({ iss, aud: 'app', sub: 'ada' }).setProtectedHeader({ alg: 'HS256' }).sign(Buffer.alloc(32)),
    want: 'algorithm_not_allowed',
  },
  'a key in the header': { token: () => forged({}), want: 'signature_invalid' },
  'an unknown kid, signed by a stranger': { token: () => forged({ kid: 'x' }), want: 'key_unknown' },
  'a key for encryption only': { provider: { jwk: { use: 'enc' } }, want: unavailable(/no key to check/) },

  'access token, audience as text': { header: access, want: { kind: 'access_token' } },
  'access token, audience last in a list': { header: access, claims: { aud: ['x', 'app'] }, want: ok },
  'azp of another client': { claims: { azp: 'other' }, want: { client: 'other' } },
  'azp of another client, demanded': {
    claims: { azp: 'other' },
    entry: { required: { azp: 'app' } },
    want: 'claim_mismatch',
  },
  'several audiences, azp of another client': { claims: { aud: ['x', 'app'], azp: 'x' }, want: 'azp_mismatch' },
  'several audiences, azp an audience here': { claims: { aud: ['x', 'app'], azp: 'app' }, want: ok },
  'several audiences, azp listed': {
    claims: { aud: ['x', 'app'], azp: 'x' },
    entry: { required: { azp: ['x', 'y'] } },
    want: ok,
  },
  'several audiences, azp not in the list': {
    claims: { aud: ['x', 'app'], azp: 'x' },
    entry: { required: { azp: 'y' } },
    want: 'claim_mismatch',
  },
  'access token for several, azp of the app that calls': {
    header: access,
    claims: { aud: ['x', 'app'], azp: 'spa' },
    want: ok,
  },
  'a payload that is not encoded': { token: () => extended({ crit: ['b64'], b64: false }), want: 'malformed' },
  'b64 alone': { token: () => extended({ b64: false }), want: 'malformed' },
  'an extension, though it is known': { token: () => extended({ crit: ['b64'], b64: true }), want: 'malformed' },
  'acr that is too low': { claims: { acr: '1' }, entry: { required: { acr: ['2', '3'] } }, want: 'claim_mismatch' },
  'access token where NoETL logs in': { header: access, noetl: true, want: 'email_missing' },
  'the same, with userinfo': { header: access, noetl: true, entry: { userinfo: true }, userinfo: info, want: email },
  'client credentials': {
    header: access,
    claims: { sub: 'robot', client_id: 'robot' },
    want: { isMachine: true, client: 'robot' },
  },
  'client credentials where NoETL logs in': {
    header: access,
    claims: { sub: 'robot', client_id: 'robot' },
    noetl: true,
    want: 'machine_not_accepted',
  },

  'opaque, by userinfo': { token: 'opaque-token', entry: opaque, userinfo: info, want: { kind: 'opaque', ...ok } },
  'opaque where NoETL logs in': { token: 'opaque-token', entry: opaque, userinfo: info, noetl: true, want: email },
  'opaque, not accepted': { token: 'opaque-token', want: 'malformed' },
  'opaque, unknown to the provider': {
    token: 'opaque-token',
    entry: opaque,
    userinfo: () => new Response('', { status: 401 }),
    want: 'token_inactive',
  },
  'opaque, several realms on one host': {
    token: 'opaque-token',
    entry: opaque,
    others: [{ issuer: 'https://sso.example.com/realms/other', name: 'b', ...opaque }],
    domain: 'sso.example.com',
    want: 'issuer_ambiguous',
  },
  'the same, with the realm in auth0_domain': {
    token: 'opaque-token',
    entry: opaque,
    others: [{ issuer: 'https://sso.example.com/realms/other', name: 'b', ...opaque }],
    domain: 'sso.example.com/realms/acme',
    userinfo: info,
    want: ok,
  },
  'encrypted access token of five parts': { token: 'a.b.c.d.e', entry: opaque, userinfo: info, want: ok },
  'opaque with two dots': { token: 'a.b.c', entry: opaque, userinfo: info, want: ok },
  'userinfo 429': {
    token: 'opaque-token',
    entry: opaque,
    userinfo: () => new Response('', { status: 429 }),
    want: unavailable(/userinfo answered 429/),
  },

  'ID token of another client': { claims: { aud: 'other' }, want: 'audience_mismatch' },
  'Keycloak access token without an audience mapper': {
    claims: { aud: 'account', typ: 'Bearer' },
    want: 'audience_mismatch',
  },
  'Cognito access token without aud': {
    claims: { aud: undefined, client_id: 'app', token_use: 'access' },
    entry: { audienceFallback: 'client_id' },
    want: ok,
  },
  'no aud without that setting': {
    claims: { aud: undefined, client_id: 'app', token_use: 'access' },
    want: 'audience_mismatch',
  },

  'issuer with a slash, token without': { entry: { issuer: `${iss}/` }, claims: { iss }, want: ok },
  'issuer without a slash, token with one': { claims: { iss: `${iss}/` }, want: ok },
  'issuer with two slashes': { claims: { iss: `${iss}//` }, want: 'issuer_untrusted' },
  'another realm of the host': { claims: { iss: 'https://sso.example.com/realms/other' }, want: 'issuer_untrusted' },
  ...Object.fromEntries(
    [
      'sso.example.com',
      'https://sso.example.com',
      'sso.example.com/realms/acme',
      'sso.example.com/',
      'sso.example.com:443',
      'SSO.example.com',
    ].map((domain) => [`auth0_domain ${domain}`, { domain, want: ok }]),
  ),
  'auth0_domain of another host': { domain: 'evil.example.com', want: 'issuer_untrusted' },
  'auth0_domain of another realm': { domain: 'sso.example.com/realms/acm', want: 'issuer_untrusted' },
  'Entra, one tenant': {
    entry: issuer.entra({ tenant, client: 'app' }),
    claims: { tid: tenant, ver: '2.0' },
    want: ok,
  },
  'discovery that names another issuer (Azure AD B2C)': {
    publishes: 'https://other.example.com/',
    claims: { iss },
    want: unavailable(/names another issuer/),
  },
  'the same, with jwksUrl': {
    publishes: 'https://other.example.com/',
    entry: { jwksUrl: 'https://keys.example.com/keys' },
    claims: { iss },
    want: ok,
  },
  'Google, iss without a scheme': {
    entry: issuer.google({ client: 'app', domain: 'example.com' }),
    claims: { iss: 'accounts.google.com', hd: 'example.com' },
    want: { issuer: 'https://accounts.google.com' },
  },

  'e-mail without a word, NoETL': { claims: email, noetl: true, want: 'email_unverified' },
  'e-mail that is not verified, NoETL': {
    claims: { ...email, email_verified: false },
    noetl: true,
    want: 'email_unverified',
  },
  'e-mail verified by a text, NoETL': { claims: { ...email, email_verified: 'true' }, noetl: true, want: email },
  'e-mail of a trusted domain, NoETL': {
    claims: email,
    noetl: true,
    entry: { email: { trust: 'domains', domains: ['example.com'] } },
    want: email,
  },
  'e-mail of a trusted domain, said to be unverified': {
    claims: { ...email, email_verified: false },
    noetl: true,
    entry: { email: { trust: 'domains', domains: ['example.com'] } },
    want: 'email_unverified',
  },
  'e-mail without a word, local': { claims: email, want: { email: undefined } },
  'e-mail verified by a text, local': { claims: { ...email, email_verified: 'true' }, want: email },
  'no e-mail, local': { want: { email: undefined } },
  'no name': { claims: { preferred_username: 'ada.l' }, want: { name: 'ada.l' } },

  'roles: namespaced claim': {
    entry: roles('https://app.example.com/roles'),
    claims: { 'https://app.example.com/roles': ['admin'] },
    want: { roles: ['admin'] },
  },
  'roles: realm_access.roles': {
    entry: roles('realm_access.roles'),
    claims: { realm_access: { roles: ['viewer'] } },
    want: { roles: ['viewer'] },
  },
  'roles: cognito:groups': {
    entry: roles('cognito:groups'),
    claims: { 'cognito:groups': ['viewer'] },
    want: { roles: ['viewer'] },
  },
  'roles: a client with dots': {
    entry: roles('resource_access.my.app.v2.roles'),
    claims: { resource_access: { 'my.app.v2': { roles: ['admin'] } } },
    want: { roles: ['admin'] },
  },
  'roles: a text with blanks': {
    entry: roles('roles'),
    claims: { roles: 'viewer admin' },
    want: { roles: ['viewer', 'admin'] },
  },
  'roles: a text with commas': {
    entry: roles('roles'),
    claims: { roles: 'viewer,admin' },
    want: { roles: ['viewer', 'admin'] },
  },
  'roles: an object (Zitadel)': {
    entry: roles('roles'),
    claims: { roles: { admin: { '1': 'x' } } },
    want: { roles: ['admin'] },
  },
  'roles: objects in a list': {
    entry: roles('roles'),
    claims: { roles: [{ name: 'admin' }] },
    want: { roles: ['admin'] },
  },
  'roles: unknown ones are dropped, and the default counts': {
    entry: { roles: { claim: 'roles', default: ['viewer'] } },
    claims: { roles: ['offline_access'] },
    want: { roles: ['viewer'], droppedRoles: ['offline_access'] },
  },
  'roles: groups overage': {
    entry: roles('groups'),
    claims: { _claim_names: { groups: 'src1' } },
    want: 'groups_overage',
  },

  'token with 100 groups': { claims: groups(100), want: ok },
  'token with 150 groups, 8.5 KB': { claims: groups(150), want: ok },
  'token with 400 groups, 21 KB': { claims: groups(400), want: 'too_long' },
  'the same, with a larger limit': { claims: groups(400), entry: { maxTokenBytes: 32_768 }, want: ok },

  'a key that lives in a certificate only': {
    provider: { keySet: (key) => ({ keys: [{ kty: key.kty, kid: 'one', use: 'sig', x5c: ['MII'] }] }) },
    want: unavailable(/cannot be used/),
  },
  'null in keys': { provider: { keySet: (key) => ({ keys: [null, key] }) }, want: ok },
  'a key set of more than 256 KiB': {
    provider: { keySet: (key) => ({ keys: [key], more: 'x'.repeat(300_000) }) },
    want: unavailable(/larger than 256 KiB/),
  },
  'a key without kid, a token with one': { provider: { jwk: { kid: undefined } }, want: ok },

  ...Object.fromEntries([-30, -59].map((secs) => [`exp ${secs} s`, { times: { exp: secs }, want: ok }])),
  ...Object.fromEntries([-61, -300].map((secs) => [`exp ${secs} s`, { times: { exp: secs }, want: 'expired' }])),
  'iat and nbf in 30 s': { times: { iat: 30, nbf: 30 }, want: ok },
  'iat in 62 s': { times: { iat: 62 }, want: 'issued_in_future' },
  'nbf in 62 s': { times: { nbf: 62 }, want: 'not_yet_valid' },
  'exp missing': { claims: { exp: undefined }, want: 'expiry_missing' },

  'sub: a number': { claims: { sub: 7 }, want: 'subject_missing' },
  'sub: empty': { claims: { sub: '' }, want: 'subject_missing' },
  'sub: a template': { claims: { sub: '{{ 7*7 }}' }, want: 'template_mark' },
  'sub: 2,000 characters': { claims: { sub: 'x'.repeat(2_000) }, want: 'subject_invalid' },
  'sub: NUL': { claims: { sub: 'a\0b' }, want: 'subject_invalid' },
  'sub: a blank': { claims: { sub: ' ' }, want: 'subject_invalid' },
  'name: a template': { claims: { name: '{% x %}' }, want: 'template_mark' },

  ...Object.fromEntries(
    ['logout+jwt', 'dpop+jwt', 'secevent+jwt', 'id+jwt'].map((typ) => [
      `typ ${typ}`,
      { header: { typ }, want: 'token_kind' },
    ]),
  ),
  'logout token with typ JWT': {
    header: { typ: 'JWT' },
    claims: { events: { 'http://schemas.openid.net/event/backchannel-logout': {} } },
    want: 'token_kind',
  },
  'refresh token with typ JWT': { header: { typ: 'JWT' }, claims: { typ: 'Refresh' }, want: 'token_kind' },
  'token_use refresh': { claims: { token_use: 'refresh' }, want: 'token_kind' },
  'nonce demanded, of no login here': { claims: { nonce: 'n' }, entry: { replay: 'nonce' }, want: 'nonce_mismatch' },
};

async function verdictOf(one: Case) {
  const entry = { issuer: iss, audiences: ['app'], ...one.entry } as IssuerEntry;
  const provider = await createProvider(one.publishes ?? String(entry.issuer), one.provider);
  if (one.userinfo !== undefined) provider.userinfo.answer = one.userinfo;
  const { verify, events } = provider.verifier(entry, one.noetl === true ? 'needed' : 'optional', {}, one.others);
  const times = Object.entries(one.times ?? {}).map(([name, secs]) => [name, provider.nowSecs() + secs]);
  const claims = { aud: 'app', sub: 'ada', ...one.claims, ...Object.fromEntries(times) };
  const signed = () => provider.sign(claims, one.header);
  const token = typeof one.token === 'string' ? one.token : await (one.token ?? signed)();
  return { verdict: verify(token, one.domain), events, issuer: entry.issuer };
}

describe('the matrix', () => {
  it.each(Object.entries(cases))('%s', async (_name, one) => {
    const { verdict, events, issuer: asked } = await verdictOf(one);
    if (typeof one.want === 'string') {
      expect(await verdict).toMatchObject({ reason: one.want, rejected: expect.any(String) });
    } else if (one.want['unavailable'] instanceof RegExp) {
      await expect(verdict).rejects.toMatchObject({ status: 503, code: 'ERR_AUTH_UNAVAILABLE' });
      const problem = expect.stringMatching(one.want['unavailable']);
      expect(events).toContainEqual(expect.objectContaining({ type: 'identity_token', issuer: asked, problem }));
    } else expect(await verdict).toMatchObject({ identity: one.want });
  });
});

it('may name its keys by http at an address inside the cluster that the entry names', () => {
  const jwksUrl = 'http://keycloak.sso.svc:8080/realms/acme/protocol/openid-connect/certs';
  expect(resolved([{ issuer: iss, jwksUrl }]).problems).toEqual([]);
});

it('two issuers have their own roles claims', async () => {
  const provider = await createProvider('https://b.example.com');
  const others = [{ issuer: 'https://b.example.com', name: 'b', roles: { claim: 'groups' } }];
  const { verify } = provider.verifier({ issuer: iss, roles: { claim: 'roles' } }, 'optional', {}, others);
  const token = await provider.sign({ aud: 'app', sub: 'ada', groups: ['admin'], roles: ['viewer'] });
  expect(await verify(token, undefined)).toMatchObject({
    identity: { issuer: 'https://b.example.com', roles: ['admin'] },
  });
});

describe('an unknown key', () => {
  /** A provider whose keys are read at the first second, and that has a new key from then on. */
  async function rotated() {
    const source = { kid: 'one' };
    const provider = await createProvider(iss, { keySet: (key) => ({ keys: [{ ...key, kid: source.kid }] }) });
    const { verify, events } = provider.verifier({ issuer: iss });
    const tokenOf = (kid: string, claims = {}) => provider.sign({ aud: 'app', sub: 'ada', ...claims }, { kid });
    const verified = async (kid: string, claims = {}) => verify(await tokenOf(kid, claims), undefined);
    await verified('one');
    provider.clock.advance(3_000);
    return { provider, source, verified, tokenOf, verify, events };
  }

  it('is refused, and a third one within 30 s could not be found out: 503, when the keys may be read again', async () => {
    const { provider, verified, events } = await rotated();
    expect(await verified('x')).toMatchObject({ reason: 'key_unknown' });
    expect(await verified('y')).toMatchObject({ reason: 'key_unknown' });
    provider.clock.advance(3_000);
    await expect(verified('z')).rejects.toMatchObject({ status: 503, retryAfterSecs: 27 });
    expect(events.at(-1)).toMatchObject({ issuer: iss, problem: expect.stringContaining('read too often') });
    expect(events.filter(({ type }) => type === 'provider_call')).toHaveLength(1);
  });

  it('of a token that is newer than the keys is 503 until they can be read, and then it is valid', async () => {
    const { provider, source, verified, tokenOf, verify } = await rotated();
    for (const kid of ['x', 'y']) await verified(kid);
    source.kid = 'two';
    provider.clock.advance(200);
    // In the second in which the keys were read: nothing more is read, and an older token is refused still.
    const token = await tokenOf('two');
    const refusal = await verify(token, undefined).catch((error: unknown) => error as { retryAfterSecs: number });
    expect(refusal).toMatchObject({ status: 503, retryAfterSecs: 30 });
    expect(await verified('z', { iat: provider.nowSecs() - 1 })).toMatchObject({ reason: 'key_unknown' });
    provider.clock.advance(30_000);
    expect(await verify(token, undefined)).toHaveProperty('identity');
  });

  it('of a provider whose clock is ahead is 503, and of a token of the future it is refused', async () => {
    const { provider, verified } = await rotated();
    await expect(verified('x', { iat: provider.nowSecs() + 30 })).rejects.toMatchObject({ status: 503 });
    expect(await verified('x', { iat: provider.nowSecs() + 90 })).toMatchObject({ reason: 'key_unknown' });
  });
});
