import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../../plugins/clock.ts';
import type { Session } from '../../plugins/noetl-auth/session/session.ts';
import {
  parseSessionToken,
  type SessionToken,
  seal,
  sessionKey,
  unseal,
} from '../../plugins/noetl-auth/session/session-token.ts';
import type { SessionStore } from '../../plugins/ports.ts';
import { isClaims } from './claims.ts';

/** Codes that stand for a session once, and soon: of a browser login, and tickets of streams, whose addresses end in logs. */
export interface OneTimeCodes {
  /** @param challenge S256 of a verifier that only the caller knows (RFC 7636). @throws ERR_STORE */
  issue(
    token: SessionToken,
    session: Session,
    challenge?: string,
  ): Promise<{ readonly code: string; readonly expiresAt: Date }>;
  /**
   * @param verifier of the challenge, if the code has one
   * @returns the session's token; undefined: not a code, used before, too old, or another verifier. @throws ERR_STORE
   */
  redeem(code: string, verifier?: string): Promise<SessionToken | undefined>;
}

/**
 * Keeps each code in the session store, for any replica. The session token is sealed with the code, which is kept nowhere. The record is
 * not a session: it is over from the start, and no token leads to its key, for a token has no blanks.
 */
export function createOneTimeCodes(
  store: SessionStore,
  use: 'login code' | 'stream ticket',
  lifeMs: number,
  clock: Clock,
): OneTimeCodes {
  const keyOf = (code: string) => sessionKey(`${use} ${code}` as SessionToken);
  return {
    async issue(token, session, challenge) {
      const code = randomBytes(32).toString('base64url');
      const sealed = seal(code as SessionToken, JSON.stringify({ token, challenge }));
      const { issuer = '', subject = '' } = session.identity ?? {};
      const record = { ...session, expiresAt: new Date(0), identity: { issuer, subject, sealed } };
      const expiresAt = new Date(clock() + lifeMs);
      await store.put(keyOf(code), record, new Date(clock()), expiresAt);
      return { code, expiresAt };
    },
    async redeem(code, verifier) {
      const stored = /^[\w-]{43}$/.test(code) ? await store.get(keyOf(code)) : undefined;
      const kept = stored?.state === 'live' ? opened(code, stored.session.identity?.sealed) : undefined;
      if (kept === undefined || !isVerifierOf(kept['challenge'], verifier)) return undefined;
      // After the check of the verifier, so that a wrong one does not use up the code. Of two replicas that redeem it at once, one gets
      // the token. The mark outlives the code.
      const isFirst = await store.claim?.(`${use} ${keyOf(code)}`, new Date(clock() + 2 * lifeMs));
      return isFirst === true ? parseSessionToken(String(kept['token'])) : undefined;
    },
  };
}

function opened(code: string, sealed: string | undefined): Readonly<Record<string, unknown>> | undefined {
  const text = sealed === undefined ? undefined : unseal(code as SessionToken, sealed);
  const kept: unknown = text === undefined ? undefined : JSON.parse(text);
  return isClaims(kept) ? kept : undefined;
}

function isVerifierOf(challenge: unknown, verifier: string | undefined): boolean {
  if (typeof challenge !== 'string' || verifier === undefined) return challenge === undefined && verifier === undefined;
  const [given, wanted] = [hash('sha256', verifier, 'buffer'), Buffer.from(challenge, 'base64url')];
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}
