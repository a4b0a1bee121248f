import { GatewayError } from '../errors.ts';
import { idText, parseJson } from '../json/lossless-json.ts';
import type { PermissionName } from '../noetl-auth/access/grant.ts';
import type { User } from '../noetl-auth/session/session.ts';
import { parseSessionToken, type SessionToken } from '../noetl-auth/session/session-token.ts';
import { isJsonObject, type JsonObject } from './json-object.ts';
import { holdsTemplateMark } from './template-mark.ts';
import { parseWireTime } from './wire-dialect.ts';

/** The answer of an auth playbook's callback or of NoETL's own auth route: `status` as sent, `data` not yet checked. */
export interface AuthAnswer {
  readonly status: string;
  readonly data: unknown;
}

/** `expiresAt` undefined: NoETL sent no end; the session then lives as long as the gateway allows. */
export type DecodedLogin =
  | {
      readonly outcome: 'authenticated';
      readonly token: SessionToken;
      readonly user: User;
      readonly expiresAt: Date | undefined;
    }
  | { readonly outcome: 'rejected'; readonly reason: string };

/** A session that NoETL knows. `expiresAt` undefined: the answer has no such time. */
export interface ValidAnswer {
  readonly user: User;
  readonly expiresAt: Date | undefined;
}

const shortestToken = 16;
const longestText = 1024;

/**
 * Reads the answer to a login. Rejected is only what NoETL calls a failed token validation, or a `status` other than
 * `authenticated`; its own text stays here. Members beside the known ones (`context`) are dropped.
 * @throws ERR_AUTH_UNAVAILABLE for every other failure, a wrong shape, or a template mark anywhere.
 */
export function decodeLogin(answer: AuthAnswer): DecodedLogin {
  const data = membersOf(answer);
  if (!succeeded(answer)) {
    if (data['message'] === 'Token validation failed') return rejected;
    if (data['message'] === 'Failed to create session') throw noAnswer(noSession);
    throw noAnswer(`login ended with status ${label(answer.status)}`);
  }
  if (data['status'] !== 'authenticated') {
    if (typeof data['status'] === 'string' && data['status'] !== '') return rejected;
    throw noAnswer('login answer has no status');
  }
  const token = typeof data['session_token'] === 'string' ? parseSessionToken(data['session_token']) : undefined;
  if (token === undefined || token.length < shortestToken) throw noAnswer('login answer has no usable session token');
  return { outcome: 'authenticated', token, user: decodeUser(data['user']), expiresAt: decodeTime(data['expires_at']) };
}

/** Its database is out of reach, or the token has no e-mail, which NoETL's own users must have. */
const noSession =
  'NoETL could not create a session: see to its session database, and that identity tokens hold an e-mail';

const rejected = { outcome: 'rejected', reason: 'The identity token was not accepted.' } as const;

/**
 * Reads the answer to a session validation.
 * @returns undefined: it is not a session.
 * @throws ERR_AUTH_UNAVAILABLE when the answer does not decide it.
 */
export function decodeValidation(answer: AuthAnswer): ValidAnswer | undefined {
  const data = membersOf(answer);
  if (!succeeded(answer)) throw noAnswer(`validation ended with status ${label(answer.status)}`);
  if (data['valid'] === false) return undefined;
  if (data['valid'] !== true) throw noAnswer('valid of the validation answer is neither true nor false');
  return { user: decodeUser(data['user']), expiresAt: decodeTime(data['expires_at']) };
}

/** The question to NoETL. `permission` is its own word. */
export interface AskedAccess {
  readonly userId: string;
  readonly permission: PermissionName;
  readonly path: string;
  /** Whether the answer must repeat path and permission; what it does repeat must be right in any case. */
  readonly mustRepeat: boolean;
}

/**
 * Reads the answer to an access check.
 * @throws ERR_AUTH_UNAVAILABLE when it does not decide it, or answers another question or for another user.
 */
export function decodeAccess(answer: AuthAnswer, asked: AskedAccess): boolean {
  const data = membersOf(answer);
  if (!succeeded(answer)) throw noAnswer(`access check ended with status ${label(answer.status)}`);
  const repeats = (member: string, wanted: string) =>
    data[member] === wanted || (data[member] === undefined && !asked.mustRepeat);
  if (!repeats('playbook_path', asked.path) || !repeats('permission_type', asked.permission)) {
    throw noAnswer('access check answers another question');
  }
  const allowed = data['allowed'];
  if (typeof allowed !== 'boolean') throw noAnswer('allowed of the access check is neither true nor false');
  const user = data['user'];
  if (allowed && user !== undefined && user !== null && decodeUser(user).userId !== asked.userId) {
    throw noAnswer('access check answers for another user');
  }
  return allowed;
}

/** The error for an answer of NoETL's sign-in that decides nothing. `cause` is for the log and holds no text of the upstream. */
export function noAnswer(cause: string | Error): GatewayError {
  return new GatewayError('ERR_AUTH_UNAVAILABLE', 'Sign-in is not available at the moment; try again shortly.', {
    cause: typeof cause === 'string' ? new Error(cause) : cause,
    retryAfterSecs: 5,
  });
}

function succeeded(answer: AuthAnswer): boolean {
  const status = answer.status.toLowerCase();
  return status === 'success' || status === 'ok' || status === 'completed';
}

/** A status is short text from outside; only a word of letters is repeated in the log. */
function label(status: string): string {
  return /^[A-Za-z_]{1,20}$/.test(status) ? status : 'unknown';
}

function membersOf(answer: AuthAnswer): JsonObject {
  const members = objectOf(answer.data);
  if (members === undefined) throw noAnswer('answer is not an object');
  if (holdsTemplateMark(members)) throw noAnswer('answer holds a template');
  return members;
}

/** An object, or its JSON text: a template may have rendered it as such. */
function objectOf(value: unknown): JsonObject | undefined {
  const parsed = typeof value === 'string' && value.startsWith('{') ? parseOr(value) : value;
  return isJsonObject(parsed) ? parsed : undefined;
}

/** A mark may hide in JSON text behind an escape. */
function parseOr(text: string): unknown {
  try {
    const value = parseJson(text);
    return holdsTemplateMark(value) ? undefined : value;
  } catch {
    return undefined;
  }
}

function decodeUser(value: unknown): User {
  const user = objectOf(value);
  if (user === undefined) throw noAnswer('answer has no user');
  const userId = idText(user['user_id'])?.trim() ?? '';
  if (userId === '' || userId.length > longestText) throw noAnswer('user has no id');
  const email = optionalText(user['email']);
  return {
    userId,
    email,
    displayName: optionalText(user['display_name']) ?? email ?? userId,
    roles: decodeRoles(user['roles']),
  };
}

function optionalText(value: unknown): string | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value !== 'string' || value.length > longestText) throw noAnswer('user has a member that is not text');
  return value;
}

/** An array, its JSON text, a PostgreSQL array literal, or the name of one role. */
function decodeRoles(value: unknown): readonly string[] {
  if (value === undefined || value === null || value === '') return [];
  const list = typeof value === 'string' ? rolesOfText(value.trim()) : value;
  if (!Array.isArray(list) || !list.every((role): role is string => typeof role === 'string' && role.trim() !== '')) {
    throw noAnswer('roles are not names');
  }
  return [...new Set(list.map((role) => role.trim()))];
}

function rolesOfText(text: string): unknown {
  if (text.startsWith('[')) return parseOr(text);
  if (!text.startsWith('{')) return [text];
  if (!text.endsWith('}')) return undefined;
  const inner = text.slice(1, -1).trim();
  if (inner === '') return [];
  return inner.split(',').map((name) => name.trim().replace(/^"(.*)"$/, '$1'));
}

/** Without a zone it is UTC, which is true where NoETL's database runs in UTC. */
function decodeTime(value: unknown): Date | undefined {
  if (value === undefined || value === null) return undefined;
  const time = parseWireTime(value);
  if (time === undefined) throw noAnswer('answer has an invalid time');
  return time;
}
