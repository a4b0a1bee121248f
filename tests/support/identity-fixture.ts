import { afterEach, beforeEach } from 'vitest';
import { createDevIssuer, type DevIssuer } from '../../dev/issuer/dev-issuer.ts';
import { createIdentityVerifier, type IdentityVerifierOptions } from '../../server/identity/identity-verifier.ts';
import { handClock, recorder } from './session-fakes.ts';

export const discovery = '/.well-known/openid-configuration';
export const jwks = '/.well-known/jwks.json';

/** For each test of a file: a clock, a real issuer over HTTP, and verifiers that trust it. */
export function useIssuer() {
  const closing: DevIssuer[] = [];
  const world = {
    clock: handClock(),
    issuer: undefined as unknown as DevIssuer,
    seconds: () => Math.floor(world.clock() / 1000),
    async openIssuer() {
      const users = [{ sub: 'ada', email: 'ada@example.com', name: 'Ada' }, { sub: 'bob' }];
      const opened = await createDevIssuer({ clock: world.clock, users, audience: 'app' });
      closing.push(opened);
      return opened;
    },
    verifier(change: Partial<IdentityVerifierOptions> = {}) {
      const seen = recorder();
      const { verify } = createIdentityVerifier({
        trustedIssuers: [world.issuer.issuer],
        audiences: ['app', 'https://api.example.com'],
        algorithms: ['RS256', 'HS256', 'none'],
        mode: 'enforce',
        clock: world.clock,
        observe: seen.observe,
        ...change,
      });
      return { verify, outcomes: () => seen.events.map((event) => event.type === 'identity_token' && event.outcome) };
    },
  };
  beforeEach(async () => {
    world.clock = handClock();
    world.issuer = await world.openIssuer();
  });
  afterEach(async () => {
    for (const opened of closing.splice(0)) await opened.close();
  });
  return world;
}

export const domainOf = (opened: DevIssuer): string => `127.0.0.1:${opened.port}`;
