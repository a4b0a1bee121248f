import type { RawNumber } from '../../json/lossless-json.ts';

/** Who a session belongs to. `userId` is NoETL's id as text: 64-bit numbers stay exact. */
export interface User {
  readonly userId: string;
  readonly email: string | undefined;
  readonly displayName: string;
  readonly roles: readonly string[];
}

/** A user's id on the wire: a number when it is one, digit for digit. */
export type WireUserId = number | RawNumber | string;

/** The record behind a session token. The token itself is never part of it. */
export interface Session {
  readonly user: User;
  readonly expiresAt: Date;
  /** When the gateway first learned of it; compared with a user's "all sessions ended" mark. */
  readonly issuedAt: Date;
  /**
   * When the token's issuer would end it, which may be later than `expiresAt`; absent: not known. An ending by the
   * gateway is remembered at least until then, so that no validator can undo it.
   */
  readonly issuerExpiresAt?: Date;
  /** The gateway issued the token itself: no validator knows it, so no validator is asked again. */
  readonly selfIssued?: boolean;
  /** Whose login it came from; absent for a session that NoETL made without the gateway. */
  readonly identity?: SessionIdentity;
}

/** Who logged in, by the identity provider's names. Its logout ends the session by them. */
export interface SessionIdentity {
  readonly issuer: string;
  readonly subject: string;
  /** The session at the provider. */
  readonly sid?: string;
  readonly client?: string;
  /** A client that logged in for itself. */
  readonly isMachine?: boolean;
  /** The provider is asked again about this session after so many milliseconds. */
  readonly refreshMs?: number;
  /** The provider's tokens, sealed with the session token; see `sealed.ts`. */
  readonly sealed?: string;
}

/** The sealed tokens of a session: its access token, for asking the provider again, and its ID token, for the logout. */
export interface ProviderTokens {
  readonly access?: string | undefined;
  readonly id?: string | undefined;
}

/** A session as operators see it. */
export interface ListedSession {
  /** See `listedId` of `session-list.ts`. */
  readonly id: string;
  readonly session: Session;
}
