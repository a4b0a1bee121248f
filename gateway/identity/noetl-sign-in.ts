import { hash } from 'node:crypto';
import { isIP } from 'node:net';
import { decodeJwt } from 'jose';
import { Cache } from '../../plugins/cache.ts';
import type { Clock } from '../../plugins/clock.ts';
import {
  type AuthAnswer,
  decodeAccess,
  decodeLogin,
  decodeValidation,
  noAnswer,
} from '../../plugins/noetl/auth-answer.ts';
import { isJsonObject, isOwnWorkload } from '../../plugins/noetl/json-object.ts';
import type { Decision } from '../../plugins/noetl-auth/access/decision.ts';
import type { Permission } from '../../plugins/noetl-auth/access/grant.ts';
import { isTokenText, type SessionToken } from '../../plugins/noetl-auth/session/session-token.ts';
import type { AccessChecker, AccessQuestion, SessionValidator, Upstream } from '../../plugins/ports.ts';
import { SingleFlight } from '../../plugins/single-flight.ts';
import type { PlaybookDriver } from '../callbacks/playbook-driver.ts';
import type { IssuerRules } from '../config/issuers.ts';
import type { Identity, LoginBackend, LoginRequest } from '../config/login-ports.ts';

/** What NoETL receives at a login: the token, the host of a trusted issuer, the peer's address; nothing of the caller's. */
interface LoginInputs {
  readonly auth0_token: string;
  readonly auth0_domain: string;
  readonly client_ip: string;
}

/** A question about access. `action` is NoETL's own word for the permission. */
interface AccessInputs {
  readonly session_token: SessionToken;
  readonly playbook_path: string;
  readonly action: 'execute' | 'view' | 'modify';
}

/** NoETL's sign-in, in NoETL's own words. @throws ERR_AUTH_UNAVAILABLE when an answer did not come */
export interface NoetlSignIn {
  login(inputs: LoginInputs, hours: number): Promise<AuthAnswer>;
  validate(token: SessionToken): Promise<AuthAnswer>;
  mayAccess(question: AccessInputs): Promise<AuthAnswer>;
  /** Whether an answer about access must name path and permission again. */
  readonly repeatsQuestion: boolean;
}

/** The catalog paths of the auth playbooks, and NoETL's name of the credential of the session database. */
export interface AuthPlaybooks {
  readonly login: string;
  readonly validateSession: string;
  readonly checkAccess: string;
  readonly sessionDbCredential: string;
}

/** Asks the auth playbooks: a whole workflow run for each question. */
export const signInByPlaybooks = (driver: PlaybookDriver, playbooks: AuthPlaybooks): NoetlSignIn => ({
  repeatsQuestion: true,
  login: (inputs, hours) =>
    driver.run(playbooks.login, {
      ...inputs,
      auth0_refresh_token: '',
      // NoETL takes whole hours. The gateway ends the session after the hours that were asked for.
      session_duration_hours: Math.max(1, Math.ceil(hours)),
      // Inputs that the playbook has; nothing of the caller's request becomes a part of its SQL.
      client_user_agent: '',
    }),
  validate: (token) =>
    driver.run(playbooks.validateSession, { session_token: token, db_credential: playbooks.sessionDbCredential }),
  mayAccess: (question) => driver.run(playbooks.checkAccess, { ...question }),
});

/**
 * Asks NoETL's own auth routes, which run no workflow. Both servers have `session/validate`, which answers flat; the others, of the
 * Rust server only, answer under `data`.
 */
export function signInByRoutes(upstream: Upstream, credential: string, timeoutMs: number): NoetlSignIn {
  async function ask(route: string, inputs: object): Promise<AuthAnswer> {
    const body = { ...inputs, credential };
    if (!isOwnWorkload(body)) throw noAnswer('request holds text that NoETL could evaluate');
    const { status, body: answer } = await upstream
      // A login makes a session, so it is not sent twice.
      .request({ method: 'POST', path: route, body, idempotent: route !== '/api/auth/login', timeoutMs, route })
      .catch((error: unknown) => {
        throw noAnswer(error instanceof Error ? error : new Error(`${route} failed`));
      });
    // 404 means that route or credential is missing, and never "no".
    if (status !== 200) throw noAnswer(`${route} answered ${status}`);
    if (!isJsonObject(answer) || typeof answer['status'] !== 'string') {
      throw noAnswer(`${route} answered without a status`);
    }
    return { status: answer['status'], data: 'data' in answer ? answer['data'] : answer };
  }
  return {
    repeatsQuestion: false,
    login: (inputs) => ask('/api/auth/login', inputs),
    validate: (token) => ask('/api/auth/session/validate', { session_token: token }),
    mayAccess: (question) => ask('/api/auth/check-playbook-access', question),
  };
}

/** `maxSessionMs`: no session lives longer. */
export interface SessionBounds {
  readonly clock: Clock;
  readonly maxSessionMs: number;
}

const hourMs = 3_600_000;
const defaultHours = 8;

/** Hours of a session: what was asked for, 8 if nothing was, and never more than the gateway allows. */
export const sessionHours = (request: LoginRequest, { maxSessionMs }: SessionBounds): number =>
  Math.min(request.sessionHours ?? defaultHours, maxSessionMs / hourMs);

/** Logs in at NoETL, which makes the session. */
export function createNoetlLogin(noetl: NoetlSignIn, bounds: SessionBounds): LoginBackend {
  return {
    async login(request, identity, rules) {
      if (!isTokenText(request.token)) return { outcome: 'rejected', reason: 'The identity token is malformed.' };
      const hours = sessionHours(request, bounds);
      const { token: auth0_token, domain } = tokenForNoetl(request.token, identity, rules, bounds.clock());
      const inputs = { auth0_token, auth0_domain: domain, client_ip: addressText(request.clientIp) };
      const answer = decodeLogin(await noetl.login(inputs, hours));
      if (answer.outcome === 'rejected') return answer;
      const { token, user, expiresAt: issuerExpiresAt } = answer;
      if (!belongsTo(user.email, identity)) {
        return { outcome: 'rejected', reason: 'The identity token was not accepted.' };
      }
      const now = bounds.clock();
      const expiresAt = new Date(
        Math.min(issuerExpiresAt?.getTime() ?? Number.POSITIVE_INFINITY, now + hours * hourMs),
      );
      // NoETL answered with success, so the user was not refused.
      if (expiresAt.getTime() <= now) throw noAnswer('login answer holds a session that is over');
      const session = { user, expiresAt, issuedAt: new Date(now), ...(issuerExpiresAt && { issuerExpiresAt }) };
      return { outcome: 'authenticated', token, session };
    },
  };
}

/** The playbook pastes it into SQL, so it is an address or `0.0.0.0`; the database does not take a zone (`%eth0`). */
function addressText(text: string): string {
  const [address = ''] = text.split('%');
  return isIP(address) === 0 ? '0.0.0.0' : address;
}

/** NoETL must not answer with another user's session; where both name an e-mail they name the same. */
function belongsTo(email: string | undefined, identity: Identity): boolean {
  if (email === undefined || identity.email === undefined) return true;
  return email.toLowerCase() === identity.email.toLowerCase();
}

/**
 * NoETL's masking of long unbroken texts is quadratic; a token of this length is within what it takes in milliseconds.
 */
const longestPassed = 4_000;
/** `auth0_id` of NoETL's user table. */
const longestSubject = 255;
const tokenSecs = 300;

/**
 * The token that NoETL's login reads, and the domain that its `iss` must name. A provider's token is passed on when NoETL finds in it all
 * that it looks for: its `iss` is `https://<domain>/`, and it holds the e-mail that was verified. Any other is replaced by one that the
 * gateway makes of the verified identity, without a signature: NoETL reads the claims and does not check the signature. So a token without
 * an e-mail, of Entra or of a realm works too, and one of another issuer never names a user of the first.
 *
 * An identity that was not verified (shadow mode) is passed on as it came.
 */
export function tokenForNoetl(
  token: string,
  identity: Identity,
  rules: IssuerRules,
  nowMs: number,
): { readonly token: string; readonly domain: string } {
  const url = new URL(identity.issuer);
  if (identity.unverified === true || isPassable(token, identity, rules, url)) return { token, domain: url.host };
  const domain = `${url.host}${url.pathname}`.replace(/\/+$/, '');
  const now = Math.floor(nowMs / 1000);
  const claims = {
    iss: `https://${domain}/`,
    sub: noetlSubject(identity, rules),
    aud: rules.audiences[0],
    iat: now,
    exp: now + tokenSecs,
    email: identity.email,
    email_verified: identity.email === undefined ? undefined : true,
    name: identity.name ?? identity.email,
  };
  return { token: `${encode({ alg: 'none', typ: 'JWT' })}.${encode(claims)}.`, domain };
}

/** How NoETL knows the user: by `sub` alone for one issuer, by issuer and `sub` for the others. */
function noetlSubject({ issuer, subject }: Identity, rules: IssuerRules): string {
  if (rules.subjects === 'plain') return subject;
  const qualified = `${issuer}#${subject}`;
  return qualified.length <= longestSubject ? qualified : `sha256#${hash('sha256', qualified)}`;
}

function isPassable(token: string, identity: Identity, rules: IssuerRules, issuer: URL): boolean {
  if (identity.kind === 'opaque' || rules.subjects !== 'plain' || token.length > longestPassed) return false;
  if (issuer.pathname !== '/' || !identity.issuer.endsWith('/')) return false;
  return decodeJwt(token)['email'] === identity.email;
}

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Validates sessions at NoETL. One whose answer has no end lives as long as the gateway allows. */
export function createNoetlValidator(noetl: NoetlSignIn, { clock, maxSessionMs }: SessionBounds): SessionValidator {
  return {
    async validate(token) {
      // It becomes part of a workload: a text that NoETL could evaluate is invalid, and is not sent.
      const answer = isTokenText(token) ? decodeValidation(await noetl.validate(token)) : undefined;
      if (answer === undefined) return undefined;
      const now = clock();
      const expiresAt = answer.expiresAt ?? new Date(now + maxSessionMs);
      return expiresAt.getTime() > now ? { user: answer.user, expiresAt, issuedAt: new Date(now) } : undefined;
    },
  };
}

/** NoETL has no permission to delete, so no user has it by NoETL's answer. */
const actions: Readonly<Record<Permission, AccessInputs['action'] | undefined>> = {
  execute: 'execute',
  view: 'view',
  edit: 'modify',
  delete: undefined,
};

const denied = { allowed: false, why: 'upstream', grant: undefined } as const satisfies Decision;
const allowed = { allowed: true, grant: undefined } as const satisfies Decision;
const knownDecisions = 10_000;

export interface NoetlCheckerOptions {
  /** An answer is reused for this long, per user, permission and path. Errors are not kept. */
  readonly cacheTtlMs: number;
  readonly clock: Clock;
  /** Catalog paths that no user gets, whatever NoETL answers. */
  readonly reserved: ReadonlySet<string>;
}

/** Asks NoETL about access. */
export function createNoetlChecker(noetl: NoetlSignIn, options: NoetlCheckerOptions): AccessChecker {
  const { cacheTtlMs, clock, reserved } = options;
  const known = new Cache<string, Decision>({ max: knownDecisions, clock });
  // Questions that are on their way: callers who ask the same wait for one answer.
  const asking = new SingleFlight<string, Decision>();

  async function ask(question: AccessQuestion, action: AccessInputs['action'], key: string): Promise<Decision> {
    const { token, path, user } = question;
    if (token === undefined) throw noAnswer('access check without a session token');
    const answer = await noetl.mayAccess({ session_token: token, playbook_path: path, action });
    const asked = { userId: user.userId, permission: action, path, mustRepeat: noetl.repeatsQuestion };
    const decision = decodeAccess(answer, asked) ? allowed : denied;
    known.set(key, decision, clock() + cacheTtlMs);
    return decision;
  }

  return {
    async check(question) {
      const { user, permission, path, token } = question;
      if (reserved.has(path)) return { allowed: false, why: 'reserved', grant: undefined };
      // Text that NoETL could evaluate is not sent, so nothing can be allowed about it.
      const action = actions[permission];
      if (action === undefined || !isOwnWorkload({ path, token: token ?? '' })) return denied;
      // By user and not by token: NoETL decides by the user of the session.
      const key = JSON.stringify([user.userId, permission, path]);
      return known.get(key) ?? asking.run(key, () => ask(question, action, key));
    },
  };
}
