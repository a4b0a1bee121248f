import { afterEach, beforeEach } from 'vitest';
import { createDevIssuer, type DevIssuer } from '../../dev/issuer.ts';
import type { IssuerEntry } from '../../gateway/config/issuers.ts';
import { createIdentityVerifier, type IdentityVerifierOptions } from '../../gateway/identity/identity-verifier.ts';
import { rulesOf } from './issuer-rules.ts';
import { keyPair } from './key-pairs.ts';
import { handClock, recorder } from './session-fakes.ts';

export const discovery = '/.well-known/openid-configuration';
export const jwks = '/.well-known/jwks.json';

type VerifierChange = Partial<Omit<IdentityVerifierOptions, 'issuers'>> & {
  readonly entry?: Partial<IssuerEntry>;
  readonly issuers?: readonly IssuerEntry[];
};

/** For each test of a file: a clock, a real issuer over HTTP, and verifiers that trust it. */
export function useIssuer() {
  const closing: DevIssuer[] = [];
  const world = {
    clock: handClock(),
    issuer: undefined as unknown as DevIssuer,
    seconds: () => Math.floor(world.clock() / 1000),
    async openIssuer() {
      const users = [{ sub: 'ada', email: 'ada@example.com', name: 'Ada' }, { sub: 'bob' }];
      const opened = await createDevIssuer({ clock: world.clock, users, audience: 'app', makeKeyPair: keyPair });
      closing.push(opened);
      return opened;
    },
    /** `entry`: of the world's issuer; `issuers`: other entries instead. */
    verifier({ entry = {}, issuers, ...change }: VerifierChange = {}) {
      const seen = recorder();
      const entries = issuers ?? [{ issuer: world.issuer.issuer, ...entry }];
      const { verify } = createIdentityVerifier({
        issuers: entries.map((one) => rulesOf({ name: String(one.issuer), ...one })),
        mode: 'enforce',
        email: 'optional',
        clock: world.clock,
        observe: seen.observe,
        ...change,
      });
      const tokens = () => seen.events.filter((event) => event.type === 'identity_token');
      return {
        verify,
        outcomes: () => tokens().map(({ outcome }) => outcome),
        reasons: () => tokens().map(({ reason }) => reason),
        events: tokens,
      };
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
