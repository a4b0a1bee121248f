import { describe, expect, it } from 'vitest';
import { discovery, domainOf, useIssuer } from '../../../support/identity-fixture.ts';
import { createProvider } from '../../../support/provider-world.ts';

const world = useIssuer();

describe('opaque access tokens', () => {
  it('are resolved at the trusted issuer, where allowed', async () => {
    const { verify } = world.verifier({ entry: { accept: ['opaque'] } });
    const token = world.issuer.opaqueToken('ada');
    expect(await verify(token, domainOf(world.issuer))).toMatchObject({
      identity: { subject: 'ada', email: 'ada@example.com', issuer: world.issuer.issuer },
    });
    expect(await verify('opaque-other', undefined)).toHaveProperty('rejected');
    expect(await world.verifier().verify(token, undefined)).toHaveProperty('rejected');
  });

  it('go to one issuer only', async () => {
    const other = await world.openIssuer();
    const { verify } = world.verifier({
      issuers: [world.issuer, other].map(({ issuer }) => ({ issuer, accept: ['opaque'] })),
    });
    expect(await verify(world.issuer.opaqueToken('ada'), undefined)).toHaveProperty('rejected');
    expect(await verify(world.issuer.opaqueToken('ada'), 'evil.example.com')).toHaveProperty('rejected');
    expect([world.issuer.requests, other.requests]).toEqual([{}, {}]);
    expect(await verify(world.issuer.opaqueToken('ada'), domainOf(world.issuer))).toHaveProperty('identity');
  });

  const answering = (response: () => Response) =>
    world.verifier({
      entry: { accept: ['opaque'] },
      fetch: async (url, init) => (url.endsWith('/userinfo') ? response() : fetch(url, init)),
    });

  it.each([
    [400, '{}'],
    [401, '{}'],
    [403, '{}'],
    [200, '{"sub": "ada", "name": "{{ 7*7 }}"}'],
  ])('are refused when userinfo answers %i %s', async (status, body) => {
    const { verify } = answering(() => new Response(body, { status }));
    expect(await verify('opaque', undefined)).toHaveProperty('rejected');
  });

  it.each([
    [500, '{"sub": "ada"}'],
    [302, '{"sub": "ada"}'],
    [200, 'eyJ.a.jwt'],
    [200, '{}'],
    [200, '{"sub": ""}'],
    [200, '{"sub": 7}'],
  ])('cannot be resolved when userinfo answers %i %s: 503', async (status, body) => {
    const { verify, outcomes } = answering(() => new Response(body, { status }));
    await expect(verify('opaque', undefined)).rejects.toMatchObject({ code: 'ERR_AUTH_UNAVAILABLE' });
    expect(outcomes()).toEqual(['jwks_unavailable']);
  });

  it('cannot be resolved at an issuer without the endpoint, or one that is elsewhere', async () => {
    for (const userinfo_endpoint of [undefined, 'http://userinfo.example.com/']) {
      const document = {
        issuer: world.issuer.issuer,
        jwks_uri: `${world.issuer.issuer}.well-known/jwks.json`,
        userinfo_endpoint,
      };
      const { verify } = world.verifier({
        entry: { accept: ['opaque'] },
        fetch: async (url, init) => (url.endsWith(discovery) ? Response.json(document) : fetch(url, init)),
      });
      await expect(verify('opaque', undefined)).rejects.toMatchObject({ code: 'ERR_AUTH_UNAVAILABLE' });
    }
  });

  it('are sent in the header only', async () => {
    const calls: [string, unknown][] = [];
    const { verify } = world.verifier({
      entry: { accept: ['opaque'] },
      fetch: async (url, init) => {
        calls.push([url, init.headers]);
        return fetch(url, init);
      },
    });
    const token = world.issuer.opaqueToken('ada');
    await verify(token, undefined);
    expect(calls.map(([url]) => url).join()).not.toContain(token);
    expect(calls.at(-1)?.[1]).toMatchObject({ authorization: `Bearer ${token}` });
    expect(await verify('line\nbreak', undefined)).toHaveProperty('rejected');
  });

  it('are neither yes nor no while the issuer is down', async () => {
    const { verify } = world.verifier({ entry: { accept: ['opaque'] } });
    world.issuer.misbehave({ down: true });
    await expect(verify(world.issuer.opaqueToken('ada'), undefined)).rejects.toMatchObject({ status: 503 });
  });
});

describe('introspection', () => {
  const issuer = 'https://id.example.com/';
  const active = {
    active: true,
    sub: 'ada',
    client_id: 'app',
    token_type: 'Bearer',
    scope: 'openid',
    exp: 4_000_000_000,
  };
  const entry = { issuer, introspection: { clientId: 'gate way', clientSecret: 's:1' } };

  async function verify(answer: unknown, status = 200) {
    const provider = await createProvider(issuer);
    const seen: URLSearchParams[] = [];
    provider.introspection.answer = (form) => {
      seen.push(form);
      return Response.json(answer, { status });
    };
    const verdict = provider.verifier(entry).verify('opaque-token', undefined);
    return { verdict, seen };
  }

  /** RFC 7662, and what providers make of it. */
  describe('an introspected token', () => {
    it.each<[string, Record<string, unknown>]>([
      ['for this gateway by client_id', {}],
      ['for this gateway by aud', { aud: ['x', 'https://api.example.com'], client_id: 'spa' }],
      ['whose kind is in typ (Keycloak)', { token_type: undefined, typ: 'Bearer' }],
      ['with an issuer of its own', { iss: issuer }],
    ])('%s logs in', async (_name, change) => {
      const { verdict, seen } = await verify({ ...active, ...change });
      expect(await verdict).toMatchObject({ identity: { subject: 'ada', kind: 'opaque' } });
      expect(seen[0]?.get('token')).toBe('opaque-token');
    });

    it('without a subject is its client', async () => {
      const { verdict } = await verify({ ...active, sub: undefined });
      expect(await verdict).toMatchObject({ identity: { subject: 'app', isMachine: true } });
    });

    it.each<[string, unknown, string]>([
      ['not active', { active: false }, 'token_inactive'],
      ['active as a text', { ...active, active: 'true' }, 'token_inactive'],
      ['for another client', { ...active, client_id: 'other' }, 'audience_mismatch'],
      ['for another audience, whatever its client', { ...active, aud: 'other' }, 'audience_mismatch'],
      ['of another issuer', { ...active, iss: 'https://evil.example.com/' }, 'issuer_untrusted'],
      ['a refresh token', { ...active, token_use: 'refresh_token' }, 'token_kind'],
      ['a refresh token of Keycloak', { ...active, token_type: undefined, typ: 'Refresh' }, 'token_kind'],
      ['of no kind', { ...active, token_type: undefined }, 'token_kind'],
      ['bound to a key', { ...active, token_type: 'DPoP' }, 'token_kind'],
      ['with a template', { ...active, username: '{{ 7*7 }}' }, 'template_mark'],
    ])('%s is refused', async (_name, answer, reason) => {
      expect(await (await verify(answer)).verdict).toMatchObject({ reason });
    });

    it.each([
      [401, {}],
      [403, {}],
      [500, active],
      [200, 'text'],
    ])('is not judged when the provider answers %i %j', async (status, answer) => {
      await expect((await verify(answer, status)).verdict).rejects.toMatchObject({ status: 503 });
    });
  });
});
