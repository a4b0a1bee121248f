import { describe, expect, it } from 'vitest';
import { issuer } from '../../../../gateway/config/issuer-presets.ts';
import type { IssuerEntry } from '../../../../gateway/config/issuers.ts';
import { createProvider } from '../../../support/provider-world.ts';

const tenant = '6babcaad-604b-40ac-a9d7-9fd97c0b779f';
const other = '9188040d-6c67-4c5b-b112-36a304b66dad';
const entraIssuer = (id: string) => `https://login.microsoftonline.com/${id}/v2.0`;
const entra = {
  aud: 'app',
  sub: 'pairwise',
  oid: 'object',
  tid: tenant,
  preferred_username: 'ada@example.com',
  ver: '2.0',
};
const keycloak = { aud: 'noetl', azp: 'noetl', sub: 'f:1', sid: 's-1', email: 'ada@example.com', email_verified: true };
const domains = { email: { trust: 'domains', domains: ['example.com'] } } as const;

interface Shape {
  readonly name: string;
  readonly entry: IssuerEntry;
  readonly iss: string;
  readonly documentIssuer?: string;
  readonly claims: Readonly<Record<string, unknown>>;
  readonly header?: Readonly<Record<string, unknown>>;
  readonly needsEmail?: boolean;
  readonly want: Readonly<Record<string, unknown>>;
}

const identity = (want: Readonly<Record<string, unknown>>) => ({ identity: expect.objectContaining(want) });
const refused = (reason: string) => ({ reason, rejected: expect.any(String) });

const auth0 = 'https://tenant.eu.auth0.com/';
const realm = 'https://sso.example.com/realms/acme';
const okta = 'https://acme.okta.com/oauth2/default';
const pool = 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab12Cd34E';
const google = 'https://accounts.google.com';
const zitadel = 'https://acme.zitadel.cloud';

/** Tokens as each provider's documentation shows them, against the entry that a team writes. */
const shapes: readonly Shape[] = [
  {
    name: 'Auth0, ID token',
    entry: issuer.auth0({
      domain: 'tenant.eu.auth0.com',
      client: 'spa',
      roles: { claim: 'https://app.example.com/roles' },
    }),
    iss: auth0,
    claims: {
      aud: 'spa',
      sub: 'auth0|1',
      email: 'ada@example.com',
      email_verified: true,
      nonce: 'n',
      'https://app.example.com/roles': ['admin'],
    },
    header: { typ: 'JWT' },
    needsEmail: true,
    want: identity({ kind: 'id_token', email: 'ada@example.com', roles: ['admin'] }),
  },
  {
    name: 'Auth0, client credentials',
    entry: issuer.auth0({
      domain: 'tenant.eu.auth0.com',
      api: 'https://api',
      machines: { roles: { m2m: ['developer'] } },
    }),
    iss: auth0,
    claims: { aud: 'https://api', sub: 'm2m@clients', azp: 'm2m', gty: 'client-credentials' },
    needsEmail: true,
    want: identity({ kind: 'access_token', isMachine: true, client: 'm2m', roles: ['developer'] }),
  },
  {
    name: 'Auth0, organization demanded',
    entry: issuer.auth0({ domain: 'tenant.eu.auth0.com', client: 'spa', required: { org_id: 'org_1' } }),
    iss: auth0,
    claims: { aud: 'spa', sub: 'auth0|1', nonce: 'n', org_id: 'org_2' },
    want: { ...refused('claim_mismatch'), seen: expect.objectContaining({ claim: 'org_id' }) },
  },
  {
    name: 'Keycloak, ID token with roles of realm and client',
    entry: issuer.keycloak({ realm, client: 'my.app', audiences: ['noetl'] }),
    iss: realm,
    claims: {
      ...keycloak,
      typ: 'ID',
      realm_access: { roles: ['viewer', 'offline_access'] },
      resource_access: { 'my.app': { roles: ['admin'] } },
    },
    header: { typ: 'JWT' },
    needsEmail: true,
    want: identity({ roles: ['viewer', 'admin'], droppedRoles: ['offline_access'], sid: 's-1' }),
  },
  {
    name: 'Keycloak, default access token',
    entry: issuer.keycloak({ realm, client: 'noetl' }),
    iss: realm,
    claims: { ...keycloak, aud: 'account', typ: 'Bearer', scope: 'openid' },
    header: { typ: 'JWT' },
    want: { ...refused('audience_mismatch'), seen: expect.objectContaining({ audience: 'account' }) },
  },
  {
    name: 'Keycloak, service account',
    entry: issuer.keycloak({ realm, client: 'noetl', machines: { clients: ['robot'], roles: { robot: ['viewer'] } } }),
    iss: realm,
    claims: { aud: 'noetl', azp: 'robot', client_id: 'robot', sub: 'uuid', typ: 'Bearer', scope: '' },
    want: identity({ isMachine: true, roles: ['viewer'] }),
  },
  {
    name: 'Keycloak, refresh token',
    entry: issuer.keycloak({ realm, client: 'noetl' }),
    iss: realm,
    claims: { ...keycloak, typ: 'Refresh' },
    header: { typ: 'JWT' },
    want: refused('token_kind'),
  },
  {
    name: 'Keycloak, logout token of an older release',
    entry: issuer.keycloak({ realm, client: 'noetl' }),
    iss: realm,
    claims: { ...keycloak, events: { 'http://schemas.openid.net/event/backchannel-logout': {} } },
    header: { typ: 'JWT' },
    want: refused('token_kind'),
  },
  {
    name: 'Entra, one tenant, where NoETL logs in',
    entry: issuer.entra({ tenant, client: 'app', ...domains }),
    iss: entraIssuer(tenant),
    claims: { ...entra, email: 'ada@example.com', roles: ['admin'] },
    needsEmail: true,
    want: identity({ email: 'ada@example.com', name: 'ada@example.com', roles: ['admin'] }),
  },
  {
    name: 'Entra, e-mail of a domain that is not trusted',
    entry: issuer.entra({ tenant, client: 'app', ...domains }),
    iss: entraIssuer(tenant),
    claims: { ...entra, email: 'ada@evil.example' },
    needsEmail: true,
    want: refused('email_domain'),
  },
  {
    name: 'Entra, e-mail without a word on who vouches for it',
    entry: issuer.entra({ tenant, client: 'app' }),
    iss: entraIssuer(tenant),
    claims: { ...entra, email: 'ada@example.com' },
    needsEmail: true,
    want: refused('email_unverified'),
  },
  {
    name: 'Entra, domain owner verified (xms_edov)',
    entry: issuer.entra({ tenant, client: 'app' }),
    iss: entraIssuer(tenant),
    claims: { ...entra, email: 'ada@example.com', xms_edov: '1' },
    needsEmail: true,
    want: identity({ email: 'ada@example.com' }),
  },
  {
    name: 'Entra, several tenants',
    entry: issuer.entra({ tenant: [tenant], client: 'app' }),
    iss: entraIssuer(tenant),
    documentIssuer: entraIssuer('{tenantid}'),
    claims: entra,
    want: identity({ issuer: entraIssuer(tenant) }),
  },
  {
    name: 'Entra, a tenant that is not listed',
    entry: issuer.entra({ tenant: [tenant], client: 'app' }),
    iss: entraIssuer(other),
    documentIssuer: entraIssuer('{tenantid}'),
    claims: { ...entra, tid: other },
    want: refused('issuer_untrusted'),
  },
  {
    name: 'Entra, another tenant in tid than in iss',
    entry: issuer.entra({ tenant: [tenant], client: 'app' }),
    iss: entraIssuer(tenant),
    documentIssuer: entraIssuer('{tenantid}'),
    claims: { ...entra, tid: other },
    want: { ...refused('claim_mismatch'), seen: expect.objectContaining({ claim: 'tid' }) },
  },
  {
    name: 'Entra, access token of version 1',
    entry: issuer.entra({ tenant, client: 'app', version: 1 }),
    iss: `https://sts.windows.net/${tenant}/`,
    claims: { ...entra, aud: 'api://app', appid: 'spa', scp: 'use', ver: '1.0' },
    want: identity({ kind: 'access_token', isMachine: false, client: 'spa' }),
  },
  {
    name: 'Entra, application token',
    entry: issuer.entra({ tenant, client: 'app', machines: { roles: { robot: ['developer'] } } }),
    iss: entraIssuer(tenant),
    claims: { aud: 'app', azp: 'robot', azpacr: '1', oid: 'o', sub: 'o', tid: tenant, roles: ['x'] },
    want: identity({ isMachine: true, roles: ['developer'] }),
  },
  {
    name: 'Entra, groups overage',
    entry: issuer.entra({ tenant, client: 'app', roles: { claim: 'groups' } }),
    iss: entraIssuer(tenant),
    claims: { ...entra, _claim_names: { groups: 'src1' }, _claim_sources: { src1: { endpoint: 'https://graph' } } },
    want: refused('groups_overage'),
  },
  {
    name: 'Okta, access token of a custom authorization server',
    entry: issuer.okta({ domain: 'acme.okta.com', client: 'app', api: 'api://default' }),
    iss: okta,
    claims: {
      aud: 'api://default',
      cid: 'app',
      uid: '00u',
      scp: ['openid'],
      sub: 'ada@example.com',
      groups: ['admin'],
    },
    want: identity({ kind: 'access_token', roles: ['admin'], isMachine: false }),
  },
  {
    name: 'Okta, ID token without email_verified, domain trusted',
    entry: issuer.okta({ domain: 'acme.okta.com', client: 'app', ...domains }),
    iss: okta,
    claims: { aud: 'app', sub: '00u', email: 'ada@example.com', at_hash: 'x' },
    needsEmail: true,
    want: identity({ email: 'ada@example.com' }),
  },
  {
    name: 'Cognito, ID token with a text for true',
    entry: issuer.cognito({ region: 'eu-west-1', pool: 'eu-west-1_Ab12Cd34E', client: 'app' }),
    iss: pool,
    claims: {
      aud: 'app',
      sub: 'u',
      token_use: 'id',
      email: 'ada@example.com',
      email_verified: 'true',
      'cognito:groups': ['viewer'],
    },
    needsEmail: true,
    want: identity({ email: 'ada@example.com', roles: ['viewer'] }),
  },
  {
    name: 'Cognito, access token: client_id instead of aud',
    entry: issuer.cognito({ region: 'eu-west-1', pool: 'eu-west-1_Ab12Cd34E', client: 'app' }),
    iss: pool,
    claims: {
      client_id: 'app',
      sub: 'u',
      token_use: 'access',
      username: 'ada',
      scope: 'aws.cognito.signin.user.admin',
    },
    want: identity({ kind: 'access_token', isMachine: false }),
  },
  {
    name: 'Cognito, access token of another client',
    entry: issuer.cognito({ region: 'eu-west-1', pool: 'eu-west-1_Ab12Cd34E', client: 'app' }),
    iss: pool,
    claims: { client_id: 'other', sub: 'u', token_use: 'access', username: 'ada' },
    want: refused('audience_mismatch'),
  },
  {
    name: 'Google, with its other name',
    entry: issuer.google({ client: 'app', domain: 'example.com' }),
    iss: 'accounts.google.com',
    claims: { aud: 'app', azp: 'app', sub: '1', hd: 'example.com', email: 'ada@example.com', email_verified: true },
    needsEmail: true,
    want: identity({ issuer: google, email: 'ada@example.com' }),
  },
  {
    name: 'Google, an account of another domain',
    entry: issuer.google({ client: 'app', domain: 'example.com' }),
    iss: google,
    claims: { aud: 'app', sub: '1', email: 'eve@gmail.com', email_verified: true },
    want: { ...refused('claim_mismatch'), seen: expect.objectContaining({ claim: 'hd' }) },
  },
  {
    name: 'Zitadel, roles as an object',
    entry: issuer.zitadel({ domain: 'acme.zitadel.cloud', client: 'app', project: '42' }),
    iss: zitadel,
    claims: {
      aud: ['app', '42'],
      sub: '1',
      client_id: 'app',
      at_hash: 'x',
      'urn:zitadel:iam:org:project:42:roles': { developer: { '7': 'acme.example.com' } },
    },
    want: identity({ kind: 'id_token', roles: ['developer'] }),
  },
];

describe('tokens of', () => {
  it.each(shapes)('$name', async ({ entry, iss, documentIssuer, claims, header, needsEmail, want }) => {
    const provider = await createProvider(documentIssuer ?? (iss.includes('://') ? iss : google));
    const { verify } = provider.verifier(entry, needsEmail === true ? 'needed' : 'optional');
    expect(await verify(await provider.sign({ iss, ...claims }, header), undefined)).toMatchObject(want);
  });

  it('a tenant cannot be signed for with the key of another', async () => {
    const provider = await createProvider(entraIssuer('{tenantid}'), { jwk: { issuer: entraIssuer(other) } });
    const { verify } = provider.verifier(issuer.entra({ tenant: [tenant], client: 'app' }));
    const token = await provider.sign({ ...entra, iss: entraIssuer(tenant) });
    expect(await verify(token, undefined)).toMatchObject({ reason: 'key_unknown' });
  });
});

describe('an access token without an e-mail', () => {
  const access = { aud: ['https://api', `${auth0}userinfo`], sub: 'auth0|1', azp: 'spa', scope: 'openid email' };
  const entry = issuer.auth0({ domain: 'tenant.eu.auth0.com', api: 'https://api' });
  const info = { sub: 'auth0|1', email: 'ada@example.com', email_verified: true, name: 'Ada' };

  it('gets it from userinfo, where the entry requires it', async () => {
    const provider = await createProvider(auth0);
    provider.userinfo.answer = () => Response.json(info);
    const { verify } = provider.verifier(entry, 'needed');
    const result = await verify(await provider.sign(access), undefined);
    expect(result).toMatchObject({ identity: { email: 'ada@example.com', name: 'Ada', subject: 'auth0|1' } });
  });

  it.each([
    ['of another user', () => Response.json({ ...info, sub: 'auth0|2' }), 'userinfo_invalid'],
    ['unverified', () => Response.json({ ...info, email_verified: false }), 'email_unverified'],
    ['without one', () => Response.json({ sub: 'auth0|1' }), 'email_missing'],
    ['refused: the token has been revoked', () => new Response('', { status: 401 }), 'token_inactive'],
    ['refused: it lacks the scope', () => new Response('', { status: 403 }), 'userinfo_denied'],
    ['with a template', () => Response.json({ ...info, name: '{{ 7*7 }}' }), 'template_mark'],
  ])('is refused when userinfo is %s', async (_name, answer, reason) => {
    const provider = await createProvider(auth0);
    provider.userinfo.answer = answer;
    const { verify } = provider.verifier(entry, 'needed');
    expect(await verify(await provider.sign(access), undefined)).toMatchObject({ reason });
  });

  it('is not looked for without being asked, and is then missing', async () => {
    const provider = await createProvider(auth0);
    const { verify } = provider.verifier({ ...entry, userinfo: false }, 'needed');
    expect(await verify(await provider.sign(access), undefined)).toMatchObject({ reason: 'email_missing' });
    expect(provider.userinfo.asked).toBe(0);
  });

  it('is neither accepted nor refused while userinfo is out', async () => {
    const provider = await createProvider(auth0);
    provider.userinfo.answer = () => new Response('', { status: 500 });
    const { verify, events } = provider.verifier(entry, 'needed');
    await expect(verify(await provider.sign(access), undefined)).rejects.toMatchObject({ status: 503 });
    const seen = { issuer: auth0, problem: 'userinfo answered 500' };
    expect(events).toMatchObject([
      { type: 'provider_call', ...seen },
      { type: 'identity_token', ...seen },
    ]);
  });
});

describe('a token that is not a login', () => {
  const base = { aud: 'app', sub: 'ada' };
  const entry = { issuer: 'https://id.example.com' };
  it.each<[string, Record<string, unknown>, Record<string, unknown>, string]>([
    ['logout token', {}, { typ: 'logout+jwt' }, 'token_kind'],
    ['security event', {}, { typ: 'secevent+jwt' }, 'token_kind'],
    ['proof of possession', {}, { typ: 'dpop+jwt' }, 'token_kind'],
    ['a typ that is not a text', {}, { typ: 7 }, 'token_kind'],
    ['offline token', { typ: 'Offline' }, { typ: 'JWT' }, 'token_kind'],
    ['token_use of a refresh token', { token_use: 'refresh' }, {}, 'token_kind'],
    ['header and payload contradict each other', { typ: 'ID' }, { typ: 'at+jwt' }, 'token_kind'],
    ['bound to a key', { cnf: { jkt: 'x' }, scope: 'a' }, {}, 'sender_constrained'],
  ])('%s', async (_name, claims, header, reason) => {
    const provider = await createProvider('https://id.example.com');
    const { verify } = provider.verifier(entry);
    expect(await verify(await provider.sign({ ...base, ...claims }, header), undefined)).toMatchObject({ reason });
  });

  it('a kind that the entry does not accept', async () => {
    const provider = await createProvider('https://id.example.com');
    const only = (kind: 'id_token' | 'access_token') => provider.verifier({ ...entry, accept: [kind] });
    const access = await provider.sign({ ...base, scope: 'a' }, { typ: 'at+jwt' });
    const id = await provider.sign({ ...base, nonce: 'n' });
    expect(await only('id_token').verify(access, undefined)).toMatchObject({ reason: 'kind_not_accepted' });
    expect(await only('access_token').verify(id, undefined)).toMatchObject({ reason: 'kind_not_accepted' });
    expect(await only('access_token').verify(access, undefined)).toHaveProperty('identity');
  });

  it('an access token without a scope that is demanded', async () => {
    const provider = await createProvider('https://id.example.com');
    const { verify } = provider.verifier({ ...entry, scopes: ['noetl', 'run'] });
    const sign = (scope: unknown) => provider.sign({ ...base, scope }, { typ: 'at+jwt' });
    expect(await verify(await sign('noetl'), undefined)).toMatchObject({
      reason: 'scope_missing',
      seen: { claim: 'run' },
    });
    expect(await verify(await sign('run noetl'), undefined)).toHaveProperty('identity');
    expect(await verify(await provider.sign({ ...base, scp: ['run', 'noetl'] }), undefined)).toHaveProperty('identity');
  });

  it.each([
    ['control characters', 'a\nb'],
    ['a blank alone', ' '],
    ['256 characters', 'x'.repeat(256)],
  ])('a subject of %s', async (_name, sub) => {
    const provider = await createProvider('https://id.example.com');
    expect(await provider.verifier(entry).verify(await provider.sign({ ...base, sub }), undefined)).toMatchObject({
      reason: 'subject_invalid',
    });
  });

  it('the same subject with the nonce of a login that was not started here', async () => {
    const provider = await createProvider('https://id.example.com');
    const { verify } = provider.verifier({ ...entry, replay: 'nonce' });
    const token = await provider.sign({ ...base, nonce: 'a' });
    expect(await verify(token, undefined)).toMatchObject({ reason: 'nonce_mismatch' });
    expect(await verify(token, undefined, { nonce: 'b' })).toMatchObject({ reason: 'nonce_mismatch' });
    expect(await verify(token, undefined, { nonce: 'a' })).toHaveProperty('identity');
  });
});
