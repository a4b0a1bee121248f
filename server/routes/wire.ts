import { parseJson } from '../../core/json/lossless-json.ts';
import type { User, WireUserId } from '../../core/session/session.ts';
import type { SessionUser } from './generated/routes.gen.ts';

/** ISO 8601 in UTC, whole seconds: `2026-01-26T08:00:00Z`. */
export const wireTime = (date: Date): string => `${date.toISOString().slice(0, 19)}Z`;

/** A user as the REST routes show it (the protocol, Authentication Flow), with the roles besides. */
export function wireUser(user: User): SessionUser {
  return {
    user_id: wireUserId(user.userId),
    email: user.email ?? null,
    display_name: user.displayName,
    roles: [...user.roles],
  };
}

/** NoETL's ids are numbers on the wire, exact at any length; an id of another origin stays text. */
function wireUserId(userId: string): WireUserId {
  return /^(?:0|[1-9]\d{0,18})$/.test(userId) ? (parseJson(userId) as WireUserId) : userId;
}
