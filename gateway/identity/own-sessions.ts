import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import { GatewayError } from '../../plugins/errors.ts';
import type { EndTarget, User } from '../../plugins/noetl-auth/session/session.ts';
import { parseSessionToken } from '../../plugins/noetl-auth/session/session-token.ts';
import type { Observe } from '../../plugins/observe.ts';
import type { Sessions, SessionValidator } from '../../plugins/ports.ts';
import type { LoginOption, StaticUser } from '../config/gateway-config.ts';
import { withIssuerName } from '../config/gateway-rows.ts';
import type { IssuerRules } from '../config/issuers.ts';
import type { Identity, LoginBackend } from '../config/login-ports.ts';
import { type SessionBounds, sessionHours } from './noetl-sign-in.ts';

/**
 * Issues sessions itself: a random token of 256 bits for a verified identity; no workflow is run and NoETL does not know
 * the session. Roles are those that the issuer's entry gives. The user's id is issuer and subject, whether or not there
 * are other issuers: subjects are unique only there, and a second issuer must rename no user. An identity that was not
 * verified (shadow mode) is refused: there is no other party that decides here.
 */
export const createLocalLogin = (bounds: SessionBounds): LoginBackend => ({
  async login(request, identity) {
    const token = parseSessionToken(`noetl-session-${randomBytes(32).toString('base64url')}`);
    if (identity.unverified === true || token === undefined) {
      return { outcome: 'rejected', reason: 'The identity token was not accepted.', code: 'unverified' };
    }
    const now = bounds.clock();
    const { subject, email, name, roles } = identity;
    const user = { userId: localUserId(identity), email, displayName: name ?? email ?? subject, roles };
    const expiresAt = new Date(now + sessionHours(request, bounds) * 3_600_000);
    return { outcome: 'authenticated', token, session: { user, expiresAt, issuedAt: new Date(now), selfIssued: true } };
  },
});

/** The id of a user whose sessions the gateway issues. */
export const localUserId = ({ issuer, subject }: Pick<Identity, 'issuer' | 'subject'>): string =>
  `${issuer}#${subject}`;

/** Whether people's sessions are known to the gateway alone, so that no validator is asked about them. */
export const isSelfIssued = (login: LoginOption): boolean =>
  login.kind === 'local' || (login.kind === 'custom' && login.revalidate === false);

/** A backend of the config's own whose sessions are not checked again. */
export const selfIssuing = (backend: LoginBackend): LoginBackend => ({
  async login(...given) {
    const result = await backend.login(...given);
    if (result.outcome !== 'authenticated') return result;
    return { ...result, session: { ...result.session, selfIssued: true } };
  },
});

/**
 * The validator beside sessions of the gateway's own: a token that is not in the session store is invalid. It must not be asked about
 * sessions that are in it (no revalidation), since no other system knows them.
 */
export const storeOnlyValidator: SessionValidator = { validate: async () => undefined };

/**
 * Knows the users that the config lists, for development. Compares with every one, in constant time.
 * @throws ERR_CONFIG_INVALID outside development.
 */
export function createStaticValidator(
  users: readonly StaticUser[],
  mode: 'production' | 'development',
  { clock, maxSessionMs }: SessionBounds,
): SessionValidator {
  if (mode !== 'development') {
    throw new GatewayError(
      'ERR_CONFIG_INVALID',
      'The static validator is for development; it does not start otherwise.',
    );
  }
  const known = users.map((user) => ({ user, digest: digestOf(user.token) }));
  return {
    async validate(token) {
      const digest = digestOf(token);
      const [match] = known.filter((entry) => timingSafeEqual(entry.digest, digest));
      if (match === undefined) return undefined;
      const { userId, email, displayName, roles } = match.user;
      const now = clock();
      const user = { userId, email, displayName, roles };
      return { user, expiresAt: new Date(now + maxSessionMs), issuedAt: new Date(now) };
    },
  };
}

const digestOf = (text: string): Buffer => hash('sha256', text, 'buffer');

/**
 * Ends sessions for an operator, and reports who ended which.
 * @throws ERR_NOT_FOUND: the user has no such session; ERR_STORE
 */
export function createOperatorEndings(
  sessions: Pick<Sessions, 'endOne' | 'endSessionsOf'>,
  issuers: readonly IssuerRules[],
  observe: Observe,
) {
  return async (named: EndTarget, { userId: operator }: User, requestId: string): Promise<void> => {
    const target = withIssuerName(named, issuers);
    const event = { type: 'sessions_ended', by: 'operator', operator, requestId, ...auditedTarget(target) } as const;
    // An ending that was tried is an audit line, whatever came out.
    const isEnded = await end(sessions, target).catch((error: unknown) => {
      observe({ ...event, outcome: 'unavailable' });
      throw error;
    });
    observe({ ...event, ...(isEnded ? { outcome: 'ended' } : { outcome: 'refused', reason: 'unknown_session' }) });
    if (!isEnded) throw new GatewayError('ERR_NOT_FOUND', 'the user has no such session');
  };
}

/** The members of an audit line for the named sessions. */
export const auditedTarget = (target: EndTarget) =>
  'session' in target ? { userId: target.ofUser, session: target.session } : target;

async function end(sessions: Pick<Sessions, 'endOne' | 'endSessionsOf'>, target: EndTarget): Promise<boolean> {
  if ('session' in target) return sessions.endOne(target);
  await sessions.endSessionsOf(target);
  return true;
}
