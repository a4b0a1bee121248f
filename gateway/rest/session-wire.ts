import { parseJson } from '../../plugins/json/lossless-json.ts';
import type { User, WireUserId } from '../../plugins/noetl-auth/session/session.ts';
import type { SessionUser } from './generated/routes.gen.ts';

/** ISO 8601 in UTC, whole seconds: `2026-01-26T08:00:00Z`. */
export const wireTime = (date: Date): string => `${date.toISOString().slice(0, 19)}Z`;

/** A user as the REST routes show it (the protocol, Authentication Flow), with the roles besides. */
export const wireUser = ({ userId, email, displayName, roles }: User): SessionUser => ({
  // NoETL's ids are numbers on the wire, exact at any length; an id of another origin stays text.
  user_id: /^(?:0|[1-9]\d{0,18})$/.test(userId) ? (parseJson(userId) as WireUserId) : userId,
  email: email ?? null,
  display_name: displayName,
  roles: [...roles],
});

/** Whether a token can be a cookie's value as it is: all of its characters are allowed by RFC 6265, section 4.1.1. */
export const fitsCookie = (token: string): boolean => /^[\w.~+/=:-]+$/.test(token);

/** Scripts cannot read these cookies, and other sites cannot send them with a POST. */
const attributes = 'HttpOnly; Secure; SameSite=Lax';

/** The session as a cookie. The name is the protocol's (Session Token Delivery). */
export const sessionCookie = (token: string, expiresAt: Date): string =>
  `session_token=${token}; Path=/; Expires=${expiresAt.toUTCString()}; ${attributes}`;

/** Removes the cookie. All attributes but the age are those of {@link sessionCookie}: another path would be another cookie. */
export const endedCookie = `session_token=; Path=/; Max-Age=0; ${attributes}`;
