import { UnsecuredJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { useIssuer } from '../../../support/identity-fixture.ts';

const world = useIssuer();

describe('shadow mode', () => {
  it('counts, and passes on what it would refuse, marked', async () => {
    const { verify, outcomes } = world.verifier({ mode: 'shadow' });
    const tokens = [
      await world.issuer.token('ada'),
      await world.issuer.token('ada', { claims: { aud: 'other' } }),
      new UnsecuredJWT({ iss: world.issuer.issuer, sub: 'ada', name: 'Ada' }).encode(),
    ];
    const marks = [];
    for (const token of tokens) {
      const result = await verify(token, undefined);
      marks.push('identity' in result && (result.identity.unverified ?? false));
    }
    expect(marks).toEqual([false, true, true]);
    expect(outcomes()).toEqual(['success', 'bad_claims', 'bad_signature']);
  });

  it('refuses from its end on', async () => {
    const forged = async (shadowUntilMs: number) => {
      const { verify } = world.verifier({ mode: 'shadow', shadowUntilMs });
      return verify(await world.issuer.token('ada', { claims: { aud: 'other' } }), undefined);
    };
    expect(await forged(Number.MAX_SAFE_INTEGER)).toMatchObject({ identity: { unverified: true } });
    expect(await forged(1)).toHaveProperty('rejected');
  });

  it('passes on while the keys are not available', async () => {
    world.issuer.misbehave({ down: true });
    const { verify, outcomes } = world.verifier({ mode: 'shadow' });
    expect(await verify(await world.issuer.token('ada'), undefined)).toMatchObject({ identity: { unverified: true } });
    expect(outcomes()).toEqual(['jwks_unavailable']);
  });

  it('names only a trusted issuer, whatever the token says', async () => {
    const { verify } = world.verifier({ mode: 'shadow' });
    const token = await world.issuer.token('ada', { claims: { iss: 'https://evil.example.com/' } });
    expect(await verify(token, undefined)).toMatchObject({
      identity: { issuer: world.issuer.issuer, unverified: true },
    });
    expect(await verify(token, 'evil.example.com')).toHaveProperty('rejected');
  });

  it('names no issuer at all when several could be meant', async () => {
    const other = await world.openIssuer();
    const { verify } = world.verifier({
      mode: 'shadow',
      issuers: [world.issuer, other].map(({ issuer }) => ({ issuer })),
    });
    const token = await world.issuer.token('ada', { claims: { iss: 'https://evil.example.com/' } });
    expect(await verify(token, undefined)).toHaveProperty('rejected');
  });

  it('lets a token without an end end now', async () => {
    const { verify } = world.verifier({ mode: 'shadow' });
    const token = await world.issuer.token('ada', { claims: { exp: undefined } });
    expect(await verify(token, undefined)).toMatchObject({ identity: { expiresAt: new Date(world.clock()) } });
  });

  it('refuses what must not reach NoETL at all', async () => {
    const { verify } = world.verifier({ mode: 'shadow' });
    for (const claims of [{ name: '{{ 7*7 }}' }, { sub: undefined }, { filler: 'x '.repeat(6_500) }]) {
      expect(await verify(await world.issuer.token('ada', { claims }), undefined)).toHaveProperty('rejected');
    }
    expect(await verify('opaque', undefined)).toHaveProperty('rejected');
  });
});
