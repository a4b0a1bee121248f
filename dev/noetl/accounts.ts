import { randomBytes } from 'node:crypto';
import type { Clock } from '../../plugins/clock.ts';

/** A user as the auth schema of NoETL has them. */
export interface StandInUser {
  readonly userId: number;
  /** The identity provider's subject; undefined until a login names it. */
  readonly subject?: string;
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

/** Users and sessions of a stand-in, in memory. */
export interface Accounts {
  readonly users: readonly StandInUser[];
  /** The user of an e-mail address; a new one has no roles. */
  userOf(email: string, name: string | undefined): StandInUser;
  open(user: StandInUser): StandInSession;
  /** @returns undefined: unknown or expired. */
  session(token: string): StandInSession | undefined;
  /** As the playbook decides: a row of one of the roles allows, unless that same row denies. */
  allows(user: StandInUser, path: string, action: string): boolean;
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

const everything = ['execute', 'view', 'modify'];
/**
 * What NoETL's playbook decides by, one row for a role: here by the beginning of a path, and with the playbook's own
 * words for actions.
 */
const rows: Readonly<Record<string, RoleRow>> = {
  admin: { allow: '', actions: everything },
  developer: { allow: '', deny: 'system/', actions: everything },
  analyst: { allow: 'data/', actions: ['execute', 'view'] },
  viewer: { allow: '', actions: ['view'] },
};

/**
 * @param initial users; those who log in for the first time are added
 * @param sessionMs how long a session lasts, whatever it is used for
 */
export function createAccounts(clock: Clock, initial: readonly StandInUser[], sessionMs: number): Accounts {
  const users = [...initial];
  const sessions = new Map<string, StandInSession>();
  return {
    users,
    userOf(email, name) {
      const known = users.find((user) => user.email === email);
      if (known !== undefined) return known;
      const user = { userId: users.length + 1, email, displayName: name ?? email, roles: [] };
      users.push(user);
      return user;
    },
    open(user) {
      const session = { token: randomBytes(16).toString('hex'), user, expiresAt: clock() + sessionMs };
      sessions.set(session.token, session);
      return session;
    },
    session(token) {
      const session = sessions.get(token);
      return session !== undefined && session.expiresAt > clock() ? session : undefined;
    },
    allows: (user, path, action) =>
      user.roles.some((role) => {
        const row = Object.hasOwn(rows, role) ? rows[role] : undefined;
        if (row === undefined || !path.startsWith(row.allow) || !row.actions.includes(action)) return false;
        return row.deny === undefined || !path.startsWith(row.deny);
      }),
  };
}

/** A user as the auth playbooks answer one. */
export function userShape({ userId, email, displayName, roles }: StandInUser): Record<string, unknown> {
  return { user_id: userId, email, display_name: displayName, roles };
}

/** Database text: a blank instead of `T`, microseconds, and no zone. */
export const databaseTime = (ms: number): string => `${new Date(ms).toISOString().slice(0, -1).replace('T', ' ')}000`;
