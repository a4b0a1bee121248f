import { randomBytes } from 'node:crypto';
import { GatewayError } from '../../plugins/errors.ts';
import type { Observe } from '../../plugins/observe.ts';
import type { IssuerRules } from '../config/issuers.ts';
import { type Answer, json } from '../http/answer.ts';
import {
  authorizationUrl,
  endedTicket,
  grantedTokens,
  type LoginTicket,
  ticketCookie,
  ticketOf,
} from '../identity/authorization.ts';
import type { OneTimeCodes } from '../identity/one-time-codes.ts';
import type { SignedIn, SignIn } from '../identity/sign-in.ts';
import type { KnownIssuer } from '../identity/verify-token.ts';
import { assertWithinRate, limitRate, type RateLimits } from '../limits/rate-limits.ts';
import type { Handlers } from './generated/routes.gen.ts';
import type { RestContext } from './rest-routes.ts';
import { sessionCookie } from './session-wire.ts';

export interface BrowserLoginOptions {
  readonly known: readonly KnownIssuer[];
  readonly signIn: SignIn;
  readonly codes: OneTimeCodes;
  readonly limits: RateLimits;
  readonly observe: Observe;
  /** How browsers reach the gateway; without it no provider logs in browsers. */
  readonly publicUrl: string | undefined;
}

/**
 * Login in a browser: `GET /api/auth/start` sends it to the provider, `GET /api/auth/callback` takes it back and makes
 * the session. It ends at an address of the issuer's entry, compared character by character: with the session as an
 * `HttpOnly` cookie, or, for an app that sent a `code_challenge`, with a code that it exchanges once.
 * `GET /api/auth/providers?return=<address>` names the providers that may return to an address, and no others.
 * @see RFC 6749 section 4.1, RFC 7636, RFC 9700 section 2.1
 */
export function createBrowserLogin(
  options: BrowserLoginOptions,
): Pick<Handlers<RestContext>, 'startLogin' | 'finishLogin' | 'listProviders'> {
  const { known, publicUrl } = options;
  return {
    async startLogin({ exchange }) {
      const asked = new URLSearchParams(exchange.search);
      const issuer = issuerOf(known, asked.get('issuer'));
      const ticket = ticketFor(issuer.rules, asked);
      const url = await authorizationUrl(issuer, ticket, routeUrl(publicUrl, 'callback'));
      return redirect(url.href, [ticketCookie(ticket)]);
    },
    finishLogin: ({ exchange }) => finish(exchange, options),
    async listProviders({ exchange }) {
      const address = new URLSearchParams(exchange.search).get('return') ?? '';
      const usable = known.filter(({ rules }) => rules.browser?.returnTo.includes(address) === true);
      const providers = (publicUrl === undefined ? [] : usable).map(({ rules: { name } }) => {
        const query = new URLSearchParams({ issuer: name, return: address });
        return { name, start_url: `${routeUrl(publicUrl, 'start')}?${query}` };
      });
      return json(200, { providers });
    },
  };
}

/**
 * Takes the browser back. An error of the gateway itself is its answer; a refused login leads to the app, with the
 * reason in `error`.
 */
async function finish({ request, search, clientIp, requestId }: RestContext['exchange'], options: BrowserLoginOptions) {
  const { known, signIn, limits, observe, publicUrl } = options;
  // A code needs a call to the provider, so refused ones count by address, apart from other logins.
  const caller = `browser ${clientIp}`;
  await assertWithinRate(limits, 'login', caller, observe);
  const state = new URLSearchParams(search).get('state') ?? '';
  const ticket = ticketOf(request.headers.cookie, state);
  const issuer = known.find(({ rules }) => rules.browser !== undefined && rules.name === ticket?.issuer);
  // The address is compared again: the ticket is a cookie, which its user can write.
  if (ticket === undefined || issuer?.rules.browser?.returnTo.includes(ticket.returnTo) !== true) {
    throw new GatewayError('ERR_REQUEST_INVALID', 'this login was not started in this browser, or it took too long');
  }
  const uri = routeUrl(publicUrl, 'callback');
  // The address as the provider knows it, and not the host that the request names.
  const tokens = await grantedTokens(issuer, ticket, new URL(`${uri}${search}`), uri);
  if (tokens === undefined) {
    await limitRate(limits, 'login', caller, observe);
    observe({ type: 'login', outcome: 'rejected', reason: 'provider_refused', issuer: issuer.rules.issuer, requestId });
    return back(ticket, { error: 'not_accepted' });
  }
  const expected = { nonce: ticket.nonce, issuerName: ticket.issuer, accessToken: tokens.accessToken };
  const login = { domain: undefined, sessionHours: undefined, clientIp, requestId, expected };
  try {
    return await handOver(ticket, await signIn({ token: tokens.idToken, ...login }), options.codes);
  } catch (error) {
    if (!(error instanceof GatewayError) || error.code !== 'ERR_LOGIN_REJECTED') throw error;
    return back(ticket, { error: error.reason ?? 'not_accepted' });
  }
}

/** A cookie for pages of the gateway's own site; a code for an app elsewhere, so that no token is in an address. */
async function handOver(ticket: LoginTicket, { token, session }: SignedIn, codes: OneTimeCodes): Promise<Answer> {
  const { challenge } = ticket;
  if (challenge === undefined) return back(ticket, {}, [sessionCookie(token, session.expiresAt)]);
  const { code } = await codes.issue(token, session, challenge);
  return back(ticket, { code });
}

/** The provider by name or issuer; without either the only one that logs in browsers. */
function issuerOf(known: readonly KnownIssuer[], asked: string | null): KnownIssuer {
  const usable = known.filter(({ rules }) => rules.browser !== undefined);
  const named = asked === null ? usable : usable.filter(({ rules }) => rules.name === asked || rules.issuer === asked);
  const [issuer, other] = named;
  if (issuer !== undefined && other === undefined) return issuer;
  throw new GatewayError('ERR_REQUEST_INVALID', 'issuer must name an identity provider that logs in browsers here');
}

function ticketFor({ name, browser }: IssuerRules, asked: URLSearchParams): LoginTicket {
  const returnTo = asked.get('return') ?? browser?.returnTo[0] ?? '';
  if (browser?.returnTo.includes(returnTo) !== true) {
    throw new GatewayError('ERR_REQUEST_INVALID', 'return must be an address that is registered for this gateway');
  }
  const challenge = asked.get('code_challenge');
  if (challenge !== null && !/^[\w-]{43}$/.test(challenge)) {
    throw new GatewayError('ERR_REQUEST_INVALID', 'code_challenge must be the S256 challenge of your verifier');
  }
  const [state, nonce, verifier] = [random(), random(), random()];
  return { state, nonce, verifier, issuer: name, returnTo, ...(challenge !== null && { challenge }) };
}

const random = (): string => randomBytes(32).toString('base64url');

function routeUrl(publicUrl: string | undefined, route: 'start' | 'callback'): string {
  if (publicUrl === undefined) {
    throw new GatewayError('ERR_NOT_FOUND', 'login in a browser is not set up: GATEWAY_PUBLIC_URL is not set');
  }
  return `${publicUrl.replace(/\/+$/, '')}/api/auth/${route}`;
}

/** To the app, with what it should know in the query; the ticket has been used. */
function back(
  { returnTo, state }: LoginTicket,
  query: Readonly<Record<string, string>>,
  cookies: string[] = [],
): Answer {
  const url = new URL(returnTo);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return redirect(url.href, [endedTicket(state), ...cookies]);
}

const redirect = (location: string, cookies: readonly string[]): Answer => ({
  status: 302,
  headers: { location, 'set-cookie': cookies, 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' },
  body: '',
});
