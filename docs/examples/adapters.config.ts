import {
  type AccessChecker,
  allow,
  authenticated,
  defineGateway,
  GatewayError,
  type LoginBackend,
  onPlaybook,
  parseSessionToken,
  type SessionStore,
  type SessionValidator,
} from '../../index.ts';
import type { NoetlOperations } from '../../openapi/noetl.types.ts';

export default defineGateway<NoetlOperations>({
  operations: {
    executePlaybook: { upstream: 'POST /api/execute', access: onPlaybook('execute', 'name') },
    me: { gateway: 'query', sdl: 'me: ID!', access: authenticated(), resolve: ({ user }) => user.userId },
  },
  roles: ['admin', 'developer', 'analyst', 'viewer'],
  grants: [allow('developer', ['execute', 'view'], '*')],

  // #region adapters
  auth: { access: { combine: 'both' } },
  adapters: {
    sessionStore: ({ clock }) => createMapStore(clock),
    validator: ({ clock }) => createDirectoryValidator(clock),
    login: ({ clock }) => createDirectoryLogin(clock),
    accessChecker: () => createOfficeHours(),
  },
  // #endregion
});

// #region validator
const directory = new Map([['k3y-of-build-robot', { userId: 'robot-7', roles: ['developer'] }]]);

/** Tokens that another system issued: a table here, a call in your deployment. */
function createDirectoryValidator(clock: () => number): SessionValidator {
  return {
    async validate(token) {
      const found = directory.get(token);
      if (found === undefined) return undefined; // no: it is not a session
      const now = clock();
      return {
        user: { ...found, email: undefined, displayName: found.userId },
        issuedAt: new Date(now),
        expiresAt: new Date(now + 3_600_000),
      };
    },
  };
}
// #endregion

// #region login
/** The identity token has been verified when this is asked; `identity` is what it says. */
function createDirectoryLogin(clock: () => number): LoginBackend {
  return {
    async login(_request, identity) {
      if (identity.email?.endsWith('@example.com') !== true) {
        return { outcome: 'rejected', reason: 'Only addresses of example.com may log in.' };
      }
      const token = parseSessionToken(crypto.randomUUID());
      if (token === undefined) throw new GatewayError('ERR_AUTH_UNAVAILABLE', 'no token could be made');
      const user = { userId: identity.subject, roles: ['developer'] };
      directory.set(token, user);
      const now = clock();
      const session = {
        user: { ...user, email: identity.email, displayName: identity.name ?? identity.subject },
        issuedAt: new Date(now),
        expiresAt: new Date(now + 8 * 3_600_000),
      };
      return { outcome: 'authenticated', token, session };
    },
  };
}
// #endregion

// #region access-checker
/** With `combine: 'both'` this can only take away from what the grants give. Throw when it cannot find out. */
function createOfficeHours(): AccessChecker {
  const closedFolders = ['system/', 'maintenance/'];
  return {
    async check({ path }) {
      return closedFolders.some((folder) => path.startsWith(folder))
        ? { allowed: false, why: 'denied', grant: undefined }
        : { allowed: true, grant: undefined };
    },
  };
}
// #endregion

// #region session-store
/** The smallest store that keeps the port’s promises: one process, nothing shared, and no bound on its size. */
function createMapStore(clock: () => number): SessionStore {
  type Key = Parameters<SessionStore['put']>[0];
  type Live = { state: 'live'; session: Parameters<SessionStore['put']>[1]; checkedAt: Date };
  const live = new Map<Key, Live & { until: Date }>();
  const ended = new Map<Key, Date>();
  const marks = new Map<string, { notBefore: Date; until: Date }>();
  const listeners: Parameters<SessionStore['onEnded']>[0][] = [];
  const isOver = (until: Date | undefined) => until === undefined || until.getTime() <= clock();
  const markOf = (userId: string) => {
    const mark = marks.get(userId);
    return isOver(mark?.until) ? undefined : mark;
  };
  return {
    async get(key) {
      if (!isOver(ended.get(key))) return { state: 'ended' };
      const { until, ...kept } = live.get(key) ?? {};
      return isOver(until) ? undefined : (kept as Live);
    },
    async put(key, session, checkedAt, until) {
      if (!isOver(ended.get(key))) return false; // what was ended stays ended
      live.set(key, { state: 'live', session, checkedAt, until });
      return true;
    },
    async end(key, until) {
      ended.set(key, until);
      for (const listener of listeners) listener({ key });
    },
    async endAllOf(userId, notBefore, until) {
      const before = markOf(userId);
      if (before === undefined || before.notBefore < notBefore) marks.set(userId, { notBefore, until });
      for (const listener of listeners) listener({ userId, notBefore });
    },
    notBefore: async (userId) => markOf(userId)?.notBefore,
    onEnded: (listener) => void listeners.push(listener),
    ping: async () => {},
    close: async () => {},
  };
}
// #endregion
