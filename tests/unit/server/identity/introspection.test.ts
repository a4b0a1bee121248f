import { describe, expect, it } from 'vitest';
import { createProvider } from '../../../support/provider-world.ts';

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
