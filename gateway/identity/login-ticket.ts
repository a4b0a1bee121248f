import { isClaims } from '../config/identity/claims.ts';

/** The state that a browser keeps while its user is at the provider. */
export interface LoginTicket {
  readonly state: string;
  readonly nonce: string;
  /** Of PKCE between the gateway and the provider. */
  readonly verifier: string;
  /** The entry's name. */
  readonly issuer: string;
  readonly returnTo: string;
  /** Of PKCE between the app and the gateway; absent: the login ends in a cookie. */
  readonly challenge?: string;
}

/** Seconds that a login at the provider may take. */
const lifeSecs = 600;

/**
 * The ticket as a cookie. It belongs to the browser that began the login and to no other: `__Host-` keeps subdomains and
 * plain http from setting it. It holds no secret of the gateway: its reader is the user who logs in.
 * @see RFC 6265bis, section 4.1.3.2
 */
export function ticketCookie(ticket: LoginTicket): string {
  const value = Buffer.from(JSON.stringify(ticket)).toString('base64url');
  return `${cookieName(ticket.state)}=${value}; Path=/; Max-Age=${lifeSecs}; HttpOnly; Secure; SameSite=Lax`;
}

/** Removes the ticket of a login, whose state is used up. */
export const endedTicket = (state: string): string =>
  `${cookieName(state)}=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax`;

/** @returns undefined: this browser did not begin a login with that state, or it took too long. */
export function ticketOf(cookies: string | undefined, state: string): LoginTicket | undefined {
  // 256 bits in base64url; the text becomes part of a cookie's name.
  if (!/^[\w-]{43}$/.test(state)) return undefined;
  const start = `${cookieName(state)}=`;
  const found = (cookies ?? '').split(/; */).filter((cookie) => cookie.startsWith(start));
  const [value, other] = found;
  // Two cookies of one name were not both set here.
  if (value === undefined || other !== undefined) return undefined;
  const ticket = parse(value.slice(start.length));
  return ticket?.state === state ? ticket : undefined;
}

/** Each login has a cookie of its own, so that two tabs do not end each other's. */
const cookieName = (state: string): string => `__Host-noetl-login-${state.slice(0, 12)}`;

function parse(text: string): LoginTicket | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    return isTicket(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isTicket(value: unknown): value is LoginTicket {
  if (!isClaims(value)) return false;
  const texts = ['state', 'nonce', 'verifier', 'issuer', 'returnTo'].every((name) => typeof value[name] === 'string');
  return texts && (value['challenge'] === undefined || typeof value['challenge'] === 'string');
}
