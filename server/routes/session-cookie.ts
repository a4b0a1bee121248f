/** Whether a token can be a cookie's value as it is. */
export const fitsCookie = (token: string): boolean => /^[\w.~+/=:-]+$/.test(token);

/** A cookie that scripts cannot read and other sites cannot send with a POST. */
export function sessionCookie(token: string, expiresAt: Date): string {
  return `session_token=${token}; Path=/; Expires=${expiresAt.toUTCString()}; HttpOnly; Secure; SameSite=Lax`;
}

export const endedCookie = 'session_token=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax';
