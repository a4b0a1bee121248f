import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../../core/clock.ts';
import { isClaims } from '../../core/identity/claims.ts';
import type { SessionStore } from '../../core/ports.ts';
import { seal, unseal } from '../../core/session/sealed.ts';
import type { Session } from '../../core/session/session.ts';
import { parseSessionToken, type SessionToken, sessionKey } from '../../core/session/session-token.ts';

/** Codes that an app exchanges for the session of its user, once. */
export interface LoginCodes {
  /** @param challenge S256 of a verifier that only the app knows (RFC 7636). @throws ERR_STORE */
  issue(token: SessionToken, session: Session, challenge: string): Promise<string>;
  /** @returns undefined: not a code, used before, too old, or the verifier of another. @throws ERR_STORE */
  redeem(code: string, verifier: string): Promise<SessionToken | undefined>;
}

const lifeMs = 60_000;

/**
 * Keeps each code in the session store, for any replica, for a minute. The session token is sealed with the code, which
 * is kept nowhere. The record is not a session: it is over from the start, and no token leads to its key, for a token has
 * no blanks.
 */
export function createLoginCodes(store: SessionStore, clock: Clock): LoginCodes {
  const keyOf = (code: string) => sessionKey(`login code ${code}` as SessionToken);
  return {
    async issue(token, session, challenge) {
      const code = randomBytes(32).toString('base64url');
      const sealed = seal(code as SessionToken, JSON.stringify({ token, challenge }));
      const { issuer = '', subject = '' } = session.identity ?? {};
      const record = { ...session, expiresAt: new Date(0), identity: { issuer, subject, sealed } };
      const now = clock();
      await store.put(keyOf(code), record, new Date(now), new Date(now + lifeMs));
      return code;
    },
    async redeem(code, verifier) {
      const stored = await store.get(keyOf(code));
      const sealed = stored?.state === 'live' ? stored.session.identity?.sealed : undefined;
      const text = sealed === undefined ? undefined : unseal(code as SessionToken, sealed);
      if (text === undefined) return undefined;
      const kept: unknown = JSON.parse(text);
      if (!isClaims(kept) || !isVerifierOf(String(kept['challenge']), verifier)) return undefined;
      // After the check of the verifier, so that a wrong one does not use up the code. The mark outlives the code.
      const isFirst = await store.claim?.(`login code ${keyOf(code)}`, new Date(clock() + 2 * lifeMs));
      return isFirst === true ? parseSessionToken(String(kept['token'])) : undefined;
    },
  };
}

function isVerifierOf(challenge: string, verifier: string): boolean {
  const [given, wanted] = [createHash('sha256').update(verifier).digest(), Buffer.from(challenge, 'base64url')];
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}
