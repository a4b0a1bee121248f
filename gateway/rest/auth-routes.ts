import type { Caller } from '../../plugins/call-context.ts';
import type { Clock } from '../../plugins/clock.ts';
import { GatewayError } from '../../plugins/errors.ts';
import { isRefusal } from '../../plugins/login-refusal.ts';
import { holdsTemplateMark } from '../../plugins/noetl/template-mark.ts';
import type { Decision } from '../../plugins/noetl-auth/access/decision.ts';
import { parsePermission, permissions } from '../../plugins/noetl-auth/access/grant.ts';
import { parsePlaybookPath } from '../../plugins/noetl-auth/access/playbook-path.ts';
import { reportDecision } from '../../plugins/noetl-auth/access/report-decision.ts';
import { parseSessionToken } from '../../plugins/noetl-auth/session/session-token.ts';
import type { Observe } from '../../plugins/observe.ts';
import type { AccessQuestion } from '../../plugins/ports.ts';
import type { Parts } from '../compose.ts';
import { json, toGatewayError } from '../http/answer.ts';
import type { Exchange } from '../http/exchange.ts';
import { providerLogoutUrl } from '../identity/ask-issuer.ts';
import type { OneTimeCodes } from '../identity/one-time-codes.ts';
import type { SignedIn, SignIn } from '../identity/sign-in.ts';
import { readLogoutToken } from '../identity/verify-token.ts';
import { guessLimit, limitRate } from '../limits/rate-limits.ts';
import type { Handlers, LoginResponse } from './generated/routes.gen.ts';
import type { RestContext } from './rest-routes.ts';
import { endedCookie, fitsCookie, sessionCookie, wireTime, wireUser } from './session-wire.ts';

/** The inputs of the handlers. */
export interface AuthRoutesGiven {
  readonly parts: Pick<Parts, 'sessions' | 'limits' | 'checker' | 'verifier'>;
  readonly observe: Observe;
  readonly clock: Clock;
  readonly signIn: SignIn;
  readonly codes: OneTimeCodes;
  readonly tickets: OneTimeCodes;
  /** Whether a login also sets the session cookie. */
  readonly setCookie: boolean;
}

type AuthRoutes = Pick<
  Handlers<RestContext>,
  'login' | 'exchangeCode' | 'validate' | 'checkAccess' | 'logout' | 'backchannelLogout' | 'ticket'
>;

/**
 * The routes of the protocol's authentication flow, and those beside it. Bodies are checked by the generated table. Guesses of session
 * tokens count by address, checks and tickets by user: ERR_RATE_LIMITED.
 */
export function createAuthRoutes(given: AuthRoutesGiven): AuthRoutes {
  const { parts, observe, tickets } = given;
  return {
    login: (body, context) => login(body, context, given),
    exchangeCode: (body, { exchange }) => exchangeCode(body, exchange, given),
    // Always 200 when it is known whether the token is a session.
    async validate({ session_token }, { exchange }) {
      const found = await sessionOf(session_token, exchange, given);
      if (found === undefined) return { valid: false, user: null, expires_at: null, message: noSession };
      const { user, expiresAt } = found.session;
      await limitRate(parts.limits, 'validate', `user ${user.userId}`, observe);
      return { valid: true, user: wireUser(user), expires_at: wireTime(expiresAt), message: 'Session is valid' };
    },
    checkAccess: (body, { exchange }) => checkAccess(body, exchange, given),
    logout: (body, context) => logOut(body, context, given),
    backchannelLogout: (body, { exchange }) => endedByProvider(body.logout_token, exchange, given),
    // A ticket opens one stream of `GET /events`, once and soon. Each takes the room of a session in the store.
    async ticket({ caller }) {
      const { token, session } = required(caller);
      await limitRate(parts.limits, 'ticket', `user ${session.user.userId}`, observe);
      const { code: ticket, expiresAt } = await tickets.issue(token, session);
      return { ticket, expires_at: wireTime(expiresAt) };
    },
  };
}

const noSession = 'Session is invalid or expired';

type Body<Name extends keyof AuthRoutes> = Parameters<AuthRoutes[Name]>[0];

/** The session of a token in a body; what cannot be a token is not looked up, and no guess. */
async function sessionOf(text: string, { clientIp }: Exchange, { parts, observe }: AuthRoutesGiven) {
  const token = parseSessionToken(text);
  if (token === undefined) return undefined;
  const session = await parts.sessions.lookup(token, guessLimit(parts.limits, clientIp, observe));
  return session && { token, session };
}

function required(caller: Caller | undefined): Caller {
  if (caller === undefined) throw new GatewayError('ERR_TOKEN_MISSING', 'a session token is required');
  return caller;
}

/**
 * `POST /api/auth/login`: an identity token for a session. The address that is passed on is the peer's, not the body's.
 * @throws ERR_LOGIN_REJECTED (401), ERR_AUTH_UNAVAILABLE (503), ERR_REQUEST_INVALID (400)
 */
async function login(
  body: Body<'login'>,
  { exchange, answerHeaders }: RestContext,
  { signIn, setCookie }: AuthRoutesGiven,
) {
  const { requestId, clientIp } = exchange;
  const { auth0_token: token, auth0_domain: domain, session_duration_hours: sessionHours } = body;
  // Both become part of NoETL's workload, where templates are evaluated.
  if (holdsTemplateMark([token, domain])) {
    throw new GatewayError('ERR_REQUEST_INVALID', 'template marks are not allowed in a login');
  }
  const made = await signIn({ token, domain, sessionHours, clientIp, requestId });
  // A token that does not fit is in the body anyway.
  if (setCookie && fitsCookie(made.token)) {
    answerHeaders['set-cookie'] = sessionCookie(made.token, made.session.expiresAt);
  }
  return loginAnswer(made);
}

/** A new session, as the protocol shows it. */
const loginAnswer = ({ token, session }: SignedIn): LoginResponse => ({
  status: 'authenticated',
  session_token: token,
  user: wireUser(session.user),
  expires_at: wireTime(session.expiresAt),
  message: 'Authentication successful',
});

/**
 * `POST /api/auth/exchange`: the code of a browser login for its session, once, with the verifier of the challenge that the app sent at
 * the start. Only refused codes count by address.
 * @throws ERR_LOGIN_REJECTED (401), ERR_STORE (503), ERR_RATE_LIMITED (429)
 */
async function exchangeCode(body: Body<'exchangeCode'>, { clientIp }: Exchange, given: AuthRoutesGiven) {
  const { sessions, limits } = given.parts;
  const token = await given.codes.redeem(body.code, body.code_verifier);
  // The session may have ended within the minute of the code.
  const session = token && (await sessions.lookup(token));
  if (token !== undefined && session !== undefined) return loginAnswer({ token, session });
  await limitRate(limits, 'login', clientIp, given.observe);
  throw new GatewayError('ERR_LOGIN_REJECTED', 'The code is not valid: it was used, or is older than a minute.', {
    reason: 'not_accepted',
  });
}

/**
 * `POST /api/auth/check-access`: the same decision that `/graphql` makes, as an answer.
 * @throws ERR_REQUEST_INVALID for an unknown permission or a path that is not in normal form; what the session look-up and the checker
 * throw when they cannot find out
 */
async function checkAccess(body: Body<'checkAccess'>, exchange: Exchange, given: AuthRoutesGiven) {
  const { playbook_path, permission_type } = body;
  const permission = parsePermission(permission_type);
  if (permission === undefined) throw invalid(`permission_type must be one of ${permissions.join(', ')}`);
  const path = parsePlaybookPath(playbook_path);
  if (path === undefined) throw invalid('playbook_path must be a full catalog path, for example api_integration/x');
  const found = await sessionOf(body.session_token, exchange, given);
  // An answer to the question and no refusal of the call: 200.
  if (found === undefined) return { allowed: false, user: null, playbook_path, permission_type, message: noSession };
  const { token, session } = found;
  const { user } = session;
  await limitRate(given.parts.limits, 'check_access', `user ${user.userId}`, given.observe);
  const { allowed } = await decide({ user, permission, path, token }, exchange, given);
  const message = allowed ? `Access granted to ${permission} playbook` : 'Access denied';
  return { allowed, user: wireUser(user), playbook_path, permission_type, message };
}

const invalid = (message: string) => new GatewayError('ERR_REQUEST_INVALID', message);

async function decide(
  question: AccessQuestion,
  { requestId }: Exchange,
  { parts, observe }: AuthRoutesGiven,
): Promise<Decision> {
  const { user, permission, path } = question;
  const about = { field: 'check-access', root: 'rest', user, permission, path, requestId } as const;
  try {
    const decision = await parts.checker.check(question);
    const { grant } = decision;
    if (decision.allowed) reportDecision(observe, { ...about, outcome: 'allowed', grant });
    else reportDecision(observe, { ...about, outcome: 'denied', grant, reason: decision.why });
    return decision;
  } catch (error) {
    const reason = toGatewayError(error).code;
    reportDecision(observe, { ...about, outcome: 'backend_error', grant: undefined, reason });
    throw error;
  }
}

/** `POST /api/auth/logout`: the token is dead from now on, although NoETL still knows it. `{"all": true}` ends every session of the user. */
async function logOut(body: Body<'logout'>, context: RestContext, { parts, observe, setCookie }: AuthRoutesGiven) {
  const { exchange, answerHeaders } = context;
  const { token, session } = required(context.caller);
  const all = body.all === true;
  // All first: if that fails, the caller still has a session to try again with.
  if (all) await parts.sessions.endAllOf(session.user);
  await parts.sessions.end(token, session);
  const { userId, email } = session.user;
  observe({ type: 'logout', userId, all, requestId: exchange.requestId, ...(email && { email }) });
  // A browser login sets the cookie even where the config sets none for other logins.
  if (setCookie || exchange.request.headers.cookie?.includes('session_token=') === true) {
    answerHeaders['set-cookie'] = endedCookie;
  }
  const logout_url = await providerLogoutUrl(parts.verifier.known, token, session);
  return { status: 'logged_out' as const, ...(logout_url !== undefined && { logout_url }) };
}

/**
 * `POST /api/auth/backchannel-logout`: a provider ends the sessions of a user or of one of its own sessions, on all replicas. A token
 * that is not valid is 400, as the standard wants.
 * @throws ERR_AUTH_UNAVAILABLE, ERR_STORE (503): the provider may try again
 * @see OpenID Connect Back-Channel Logout 1.0, sections 2.5 to 2.8
 */
async function endedByProvider(token: string, { requestId, clientIp }: Exchange, given: AuthRoutesGiven) {
  const { parts, observe, clock } = given;
  const event = { type: 'sessions_ended', by: 'provider', requestId } as const;
  const order = await readLogoutToken(token, parts.verifier.known, new Date(clock()));
  if (isRefusal(order)) {
    // Only refused tokens count, and none is refused unread: other callers of the address must not stop a provider.
    await limitRate(parts.limits, 'login', `backchannel ${clientIp}`, observe);
    const { issuer } = order.seen;
    observe({ ...event, outcome: 'refused', reason: order.reason, ...(issuer && { issuer }) });
    throw new GatewayError('ERR_REQUEST_INVALID', 'the logout token is not valid', { reason: order.publicReason });
  }
  const { target } = order;
  // A token that comes again ends the sessions again: the provider may not have received the first answer.
  await parts.sessions.endSessionsOf(target).catch((error: unknown) => {
    observe({ ...event, outcome: 'unavailable', ...target });
    throw error;
  });
  observe({ ...event, outcome: 'ended', ...target });
  return json(200, {});
}
