import type { LoginRefusal } from '../../plugins/login-refusal.ts';
import type { Session } from '../../plugins/noetl-auth/session/session.ts';
import type { SessionToken } from '../../plugins/noetl-auth/session/session-token.ts';
import type { IssuerRules, TokenKind } from './issuers.ts';

/** A login with an identity token, as it was asked for; the verified claims are an {@link Identity}. */
export interface LoginRequest {
  readonly token: string;
  /** Host of the issuer that the caller names; picks among trusted ones, never adds one. */
  readonly domain: string | undefined;
  readonly sessionHours: number | undefined;
  /** The peer's address, worked out by us. */
  readonly clientIp: string;
}

/** `code`: why, for the audit log. */
export type LoginResult =
  | { readonly outcome: 'authenticated'; readonly token: SessionToken; readonly session: Session }
  | { readonly outcome: 'rejected'; readonly reason: string; readonly code?: string };

/** Turns a verified identity token into a session. @throws ERR_AUTH_UNAVAILABLE */
export interface LoginBackend {
  /** @param rules the entry of the identity's issuer. */
  login(request: LoginRequest, identity: Identity, rules: IssuerRules): Promise<LoginResult>;
}

/**
 * The claims of a verified identity token. `issuer` and `subject` together identify the user: subjects are unique at their
 * issuer only. `email` is present only when the issuer may vouch for it.
 */
export interface Identity {
  readonly issuer: string;
  readonly subject: string;
  readonly email: string | undefined;
  readonly name: string | undefined;
  readonly expiresAt: Date;
  readonly claims: Readonly<Record<string, unknown>>;
  readonly kind: TokenKind;
  /** A client that logged in for itself (client credentials), not a person. */
  readonly isMachine: boolean;
  /** The client that the token was given to. */
  readonly client?: string;
  /** The session at the provider, which it names when it ends it. */
  readonly sid?: string;
  /** By the issuer's entry; for logins where the gateway issues sessions. */
  readonly roles: readonly string[];
  /** Values of the role claims that map to no role of the config. */
  readonly droppedRoles: readonly string[];
  /** Set in shadow mode only: the token would be refused if verification were enforced. Only NoETL may trust it. */
  readonly unverified?: true;
}

/** Claims that a token must have because the gateway requested it from the provider. */
export interface LoginExpectation {
  readonly nonce?: string;
  /** The name of the entry that the login was started with. */
  readonly issuerName?: string;
  /** The access token that came with an ID token; for userinfo, and for asking the provider again. */
  readonly accessToken?: string | undefined;
}

/** Verifies identity tokens. @throws ERR_AUTH_UNAVAILABLE when the issuer could not be asked. */
export interface IdentityVerifier {
  verify(
    token: string,
    domain: string | undefined,
    expected?: LoginExpectation,
  ): Promise<{ readonly identity: Identity; readonly rules: IssuerRules } | LoginRefusal>;
}
