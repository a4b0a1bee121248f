/** Whether a token can be a cookie's value as it is: all of its characters are allowed by RFC 6265, section 4.1.1. */
export const fitsCookie = (token: string): boolean => /^[\w.~+/=:-]+$/.test(token);

/**
 * A cookie that scripts cannot read and other sites cannot send with a POST. The name is the protocol's (Session Token
 * Delivery).
 */
export function sessionCookie(token: string, expiresAt: Date): string {
  return `session_token=${token}; Path=/; Expires=${expiresAt.toUTCString()}; HttpOnly; Secure; SameSite=Lax`;
}

/**
 * Removes the cookie. All attributes but the age are those of {@link sessionCookie}: another path would be another
 * cookie.
 */
export const endedCookie = 'session_token=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax';
