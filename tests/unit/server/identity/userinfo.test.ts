import { describe, expect, it } from 'vitest';
import { discovery, domainOf, useIssuer } from '../../../support/identity-fixture.ts';

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
