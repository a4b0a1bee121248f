/** Who a session belongs to. `userId` is NoETL's id as text: 64-bit numbers stay exact. */
export interface User {
  readonly userId: string;
  readonly email: string | undefined;
  readonly displayName: string;
  readonly roles: readonly string[];
}

/** What a session token stands for. The token itself is never part of it. */
export interface Session {
  readonly user: User;
  readonly expiresAt: Date;
  /** When the gateway first learned of it; compared with a user's "all sessions ended" mark. */
  readonly issuedAt: Date;
}
