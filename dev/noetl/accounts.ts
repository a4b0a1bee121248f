import { randomBytes } from 'node:crypto';
import { isIP } from 'node:net';
import type { Clock } from '../../plugins/clock.ts';

type Members = Readonly<Record<string, unknown>>;

/** A user as the auth schema of NoETL has them. */
export interface StandInUser {
  readonly userId: number;
  readonly email: string;
  readonly displayName: string;
  readonly roles: readonly string[];
}

/** A session as NoETL's auth playbooks keep it; `expiresAt` in milliseconds. */
export interface StandInSession {
  readonly token: string;
  readonly user: StandInUser;
  readonly expiresAt: number;
}

/** A user for each role of the protocol (Permissions Model). */
export const sampleUsers: readonly StandInUser[] = [
  { userId: 1, email: 'admin@example.com', displayName: 'Ada Admin', roles: ['admin'] },
  { userId: 2, email: 'developer@example.com', displayName: 'Dan Developer', roles: ['developer'] },
  { userId: 3, email: 'analyst@example.com', displayName: 'Ann Analyst', roles: ['analyst'] },
  { userId: 4, email: 'viewer@example.com', displayName: 'Vic Viewer', roles: ['viewer'] },
];

interface RoleRow {
  readonly allow: string;
  readonly deny?: string;
  readonly actions: readonly string[];
}

/** What the check playbook decides by: the beginning of a path, and the playbook's own words for actions. */
const roleRows: ReadonlyMap<string, RoleRow> = new Map([
  ['admin', { allow: '', actions: ['execute', 'view', 'modify'] }],
  ['developer', { allow: '', deny: 'system/', actions: ['execute', 'view', 'modify'] }],
  ['analyst', { allow: 'data/', actions: ['execute', 'view'] }],
  ['viewer', { allow: '', actions: ['view'] }],
]);

/** Users and sessions of a stand-in, in memory. */
export type Accounts = ReturnType<typeof createAccounts>;

/**
 * @param initial users; those who log in for the first time are added, without roles
 * @param sessionMs how long a session lasts, whatever it is used for
 */
export function createAccounts(clock: Clock, initial: readonly StandInUser[], sessionMs: number) {
  const users = [...initial];
  const sessions = new Map<string, StandInSession>();
  return {
    clock,
    userOf(email: string, name = email): StandInUser {
      const known = users.find((user) => user.email === email);
      if (known !== undefined) return known;
      const user = { userId: users.length + 1, email, displayName: name, roles: [] };
      users.push(user);
      return user;
    },
    open(user: StandInUser): StandInSession {
      const session = { token: randomBytes(16).toString('hex'), user, expiresAt: clock() + sessionMs };
      sessions.set(session.token, session);
      return session;
    },
    /** @returns undefined: unknown or expired */
    session(token: string): StandInSession | undefined {
      const session = sessions.get(token);
      return session !== undefined && session.expiresAt > clock() ? session : undefined;
    },
  };
}

/** As the playbook decides: the row of one of the roles allows, unless that same row denies. */
const allows = ({ roles }: StandInUser, path: string, action: string): boolean =>
  roles.some((role) => {
    const row = roleRows.get(role);
    if (row === undefined || !path.startsWith(row.allow) || !row.actions.includes(action)) return false;
    return row.deny === undefined || !path.startsWith(row.deny);
  });

/** The user and the end of a session as NoETL answers them: database text, with microseconds and no zone. */
export function sessionShape({ user, expiresAt }: StandInSession) {
  const { userId, email, displayName, roles } = user;
  const expires_at = `${new Date(expiresAt).toISOString().slice(0, -1).replace('T', ' ')}000`;
  return { user: { user_id: userId, email, display_name: displayName, roles }, expires_at };
}

/** What an auth playbook posts back, without the request id. */
export interface AuthCallback {
  readonly status: 'success' | 'error';
  readonly data: Members;
}
export type AuthPlaybook = 'login' | 'validate' | 'check';

const textOf = (workload: Members, name: string): string => {
  const value = workload[name];
  return typeof value === 'string' ? value : '';
};
const success = (data: Members): AuthCallback => ({ status: 'success', data });
const failure = (error: string, message: string): AuthCallback => ({ status: 'error', data: { error, message } });

/** The auth playbooks, with the checks of the real ones and no others: claims are read, no signature is verified. */
export const authPlaybooks: Readonly<Record<AuthPlaybook, (accounts: Accounts, workload: Members) => AuthCallback>> = {
  login(accounts, workload) {
    const claims = claimsOf(textOf(workload, 'auth0_token'));
    const problem = problemOf(claims, textOf(workload, 'auth0_domain'), accounts.clock());
    if (problem !== undefined) return failure(problem, 'Token validation failed');
    const { email, name } = claims ?? {};
    // The database refuses a user without an e-mail address, and a caller without an IP address.
    if (typeof email !== 'string' || isIP(textOf(workload, 'client_ip')) === 0) {
      return failure('Database error', 'Failed to create session');
    }
    const session = accounts.open(accounts.userOf(email, typeof name === 'string' ? name : undefined));
    return success({ ...sessionShape(session), status: 'authenticated', session_token: session.token });
  },
  validate(accounts, workload) {
    const session = accounts.session(textOf(workload, 'session_token'));
    if (session === undefined) return success({ valid: false, message: 'Session not found or expired' });
    return success({ ...sessionShape(session), valid: true, message: 'Session is valid' });
  },
  check(accounts, workload) {
    const session = accounts.session(textOf(workload, 'session_token'));
    const [playbook_path, permission_type] = [textOf(workload, 'playbook_path'), textOf(workload, 'action')];
    const asked = { playbook_path, permission_type };
    if (session === undefined || !allows(session.user, playbook_path, permission_type)) {
      return success({ allowed: false, message: 'Access denied', ...asked });
    }
    // This playbook answers a user without roles.
    const { roles: _roles, ...user } = sessionShape(session).user;
    return success({ user, allowed: true, message: `Access granted to ${permission_type} playbook`, ...asked });
  },
};

function problemOf(claims: Members | undefined, domain: string, now: number): string | undefined {
  if (claims === undefined) return 'Invalid JWT format';
  // For development: an issuer on loopback has no certificate.
  const isLocal = /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d+)?$/.test(domain);
  const issuers = [`https://${domain}/`, ...(isLocal ? [`http://${domain}/`, `http://${domain}`] : [])];
  if (domain !== '' && !issuers.includes(String(claims['iss']))) return 'Invalid token issuer';
  if (typeof claims['exp'] === 'number' && claims['exp'] * 1_000 < now) return 'Token has expired';
  return typeof claims['sub'] === 'string' ? undefined : 'Token has no subject';
}

function claimsOf(token: string): Members | undefined {
  const [, payload, signature] = token.split('.');
  if (payload === undefined || signature === undefined) return undefined;
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
    return typeof claims === 'object' && claims !== null ? (claims as Members) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Posts a callback as the worker's http step does: one attempt, keys in its own order.
 * @returns false when the receiver refused it or cannot be reached; the step then fails
 */
export async function postCallback(url: string, callback: AuthCallback, requestId: unknown): Promise<boolean> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { accept: '*/*', 'user-agent': 'python-httpx/0.28.1', 'content-type': 'application/json' },
      body: JSON.stringify({ data: callback.data, status: callback.status, request_id: requestId }),
      // A worker follows no redirect with its callback.
      redirect: 'manual',
      signal: AbortSignal.timeout(30_000),
    });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}
